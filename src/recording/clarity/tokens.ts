// The token stream of a DOM event: strings that come again are references to their first place in the same event. References
// are undone before a record is read and made anew afterwards, the way the library makes them, so that a stream of which
// nothing was changed comes out as the same JSON.

export type Token = number | string;

/** Characters that a stream may have once its references are undone; an upload has 16 MiB at most. */
const MAX_TEXT = 16 * 1024 * 1024;
/** A page of 20,000 nodes has about 200,000. */
const MAX_TOKENS = 1_000_000;
/** Time and type stand before the stream. */
const HEAD = 2;

/** The stream without references; null: something in it is no token, or a reference does not lead back to a string. */
export function expand(event: readonly unknown[]): Token[] | null {
  const tokens: Token[] = [];
  let room = MAX_TEXT;
  for (let i = HEAD; i < event.length; i++) {
    const token = event[i];
    if (typeof token === 'string') {
      room -= token.length;
      tokens.push(token);
    } else if (typeof token === 'number') tokens.push(token);
    else {
      room = follow(event, { at: i, room }, tokens);
    }
    if (room < 0 || tokens.length > MAX_TOKENS) return null;
  }
  return tokens;
}

/** Puts out what the references at one place stand for; the room that is left, below zero where one of them leads nowhere. */
function follow(
  event: readonly unknown[],
  { at, room }: { readonly at: number; readonly room: number },
  into: Token[],
): number {
  const references = event[at];
  if (!Array.isArray(references) || references.length === 0) return -1;
  let left = room;
  for (const place of references) {
    // Only a string that was written out before: forward and chained references are nothing the library makes.
    const meant: unknown = typeof place === 'number' && place >= HEAD && place < at ? event[place] : null;
    if (typeof meant !== 'string') return -1;
    left -= meant.length;
    into.push(meant);
  }
  return left;
}

/** An event of this stream, with a reference for each string that was written before; neighbours share an array. */
export function tokenise(time: number, type: number, tokens: readonly Token[]): unknown[] {
  const event: unknown[] = [time, type];
  const places = new Map<string, number>();
  let references: number[] | null = null;
  for (const token of tokens) {
    const place = typeof token === 'string' ? places.get(token) : undefined;
    if (place === undefined) {
      references = null;
      // The library keeps places as properties of an object, and this one is none that can be set.
      if (typeof token === 'string' && token !== '__proto__') places.set(token, event.length);
      event.push(token);
    } else if (references === null) {
      references = [place];
      event.push(references);
    } else references.push(place);
  }
  return event;
}
