// Reads an upload for the oracle as someone would who wants to know all that it tells: references resolved, neighbours joined,
// escapes undone. Written from the wire format, not from the cleaner.

/** Ids of events that hold a document's nodes. */
const DOM = new Set([5, 6, 43]);

/** Dimensions: among them milliseconds as text. */
const MEASURES = 1;

interface Body {
  readonly e: readonly unknown[];
  readonly a: readonly (readonly unknown[])[];
  readonly p?: readonly (readonly unknown[])[];
}

export const read = (text: string): Body => JSON.parse(text) as Body; // of the collector: checked by the decoder

export const eventsOf = (text: string): (readonly unknown[])[] => {
  const { a, p = [] } = read(text);
  return [...a, ...p];
};

/** Every string of it, keys too, in order. */
function stringsIn(value: unknown, into: string[] = []): string[] {
  if (typeof value === 'string') into.push(value);
  else if (Array.isArray(value)) for (const each of value) stringsIn(each, into);
  else if (typeof value === 'object' && value !== null)
    for (const [key, each] of Object.entries(value)) {
      into.push(key);
      stringsIn(each, into);
    }
  return into;
}

/** Tokens of a document's nodes with each reference replaced by what it stands for. */
export const expanded = (event: readonly unknown[]): unknown[] =>
  event.flatMap((token) =>
    Array.isArray(token) ? token.map((index: unknown) => event[Number(index)] ?? '') : [token],
  );

const percentDecoded = (text: string): string =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const entitiesDecoded = (text: string): string =>
  text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
const cssDecoded = (text: string): string =>
  text.replaceAll(/\\([0-9a-f]{1,6})\s?/gi, (whole, hex) => {
    const code = Number.parseInt(String(hex), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

export interface Views {
  /** Texts in which anything can be looked for. */
  readonly texts: readonly string[];
  /** All words of it, undivided and divided: for what is too short to be looked for within words. Less those of measures of the page. */
  readonly words: ReadonlySet<string>;
}

const reversed = (text: string): string => Array.from(text).toReversed().join('');

/** All that uploads, headers and addresses tell, one way or another. */
export function viewsOf(uploads: readonly string[], besides: readonly string[]): Views {
  const bodies = uploads.map((text) => JSON.parse(text) as unknown); // whatever it is
  const events = uploads.flatMap(eventsOf);
  const strings = [...bodies.flatMap((body) => stringsIn(body)), ...besides];
  const dom = events.filter(([, type]) => DOM.has(Number(type))).map(expanded);
  const tokens = dom.flat().filter((token) => typeof token === 'string');
  const lines = strings.join('\n');
  const once = percentDecoded(lines);
  const plain = [...uploads, lines, once, percentDecoded(once), entitiesDecoded(once), cssDecoded(lines)];
  // Texts of single letters, one after the other; and a word's pieces in several nodes. Marks, tags and lengths between them would
  // make words of their own.
  const nodes = dom.flatMap((event) => event.filter((_token, at) => event[at - 1] === '*T'));
  const joined = [nodes.join(''), nodes.join(' ')];
  const told = events.filter(([, type]) => type !== MEASURES).flatMap((event) => stringsIn(event));
  const words = new Set(
    [...told, ...tokens, ...besides].flatMap((text) => [text.trim(), ...text.split(/[\s"'=,;:/?&#<>()]+/)]),
  );
  return { texts: [...plain, ...joined, ...[lines, ...joined].map(reversed)], words };
}
