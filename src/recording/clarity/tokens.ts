// The token stream of a DOM event: strings that come again are references to their first place in the same event. References
// are undone before a record is read and made anew afterwards, the way the library makes them, so that a stream of which
// nothing was changed comes out as the same JSON.

import { Effort } from '../page/effort.ts';

export type Token = number | string;

/** Time and type stand before the stream. */
const HEAD = 2;

/**
 * The stream without references; null: something in it is no token, a reference does not lead back to a string, or it is more than the
 * rest of its upload's effort. A string of 4 KB that is named 4,000 times takes 12 KB of a body. `places`, empty at first, gets the
 * place in the event where each token is written out.
 */
export function expand(
  event: readonly unknown[],
  effort = new Effort(),
  places: number[] = [],
): Token[] | null {
  const tokens: Token[] = [];
  for (let i = HEAD; i < event.length; i++) {
    const token = event[i];
    if (typeof token === 'string' || typeof token === 'number') {
      if (!effort.reads(token)) return null;
      tokens.push(token);
      places.push(i);
    } else if (!follow(event, { at: i, effort }, { tokens, places })) return null;
  }
  return tokens;
}

/** Puts out what the references at one place stand for; false: one of them leads nowhere, or too much is read by now. */
function follow(
  event: readonly unknown[],
  { at, effort }: { readonly at: number; readonly effort: Effort },
  into: { readonly tokens: Token[]; readonly places: number[] },
): boolean {
  const references = event[at];
  if (!Array.isArray(references) || references.length === 0) return false;
  for (const place of references) {
    // Only a string that was written out before: forward and chained references are nothing the library makes.
    const meant: unknown = typeof place === 'number' && place >= HEAD && place < at ? event[place] : null;
    if (typeof meant !== 'string' || !effort.reads(meant)) return false;
    into.tokens.push(meant);
    into.places.push(Number(place));
  }
  return true;
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
