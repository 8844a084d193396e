// What a token stream says, node by node: `id [parent [previous]] tag [text and attributes]`. All of an event is read before any
// of it counts, so that one that fits no grammar leaves nothing behind.

import type { NodeRecord } from '../page/record.ts';
import { tagOf } from '../page/tags.ts';
import type { Token } from './tokens.ts';

/** The library counts from 1; ten digits would make room for a phone number. */
const MAX_ID = 9_999_999;

/** Null: the stream does not fit. */
export function readRecords(tokens: readonly Token[]): NodeRecord[] | null {
  const records: NodeRecord[] = [];
  for (let at = 0; at < tokens.length;) {
    const numbers = at;
    while (typeof tokens[at] === 'number') at++;
    const strings = at;
    while (typeof tokens[at] === 'string') at++;
    const record = recordOf(tokens, { numbers, strings, end: at });
    if (record === null) return null;
    records.push(record);
  }
  return records.length === 0 ? null : records;
}

function recordOf(
  tokens: readonly Token[],
  { numbers, strings, end }: { readonly numbers: number; readonly strings: number; readonly end: number },
): NodeRecord | null {
  const id = tokens[numbers];
  const count = strings - numbers;
  const tag = tokens[strings];
  if (count < 1 || count > 3 || typeof id !== 'number' || !isId(Math.abs(id)) || typeof tag !== 'string')
    return null;
  const parent = count > 1 ? tokens[numbers + 1] : 0;
  const previous = count > 2 ? tokens[numbers + 2] : 0;
  if ((count > 1 && !isId(parent)) || (count > 2 && !isId(previous))) return null;
  // Counted by the caller: all of them are strings. A copy of the right size, since a list that grows begins with room for 17.
  const rest = tokens.slice(strings + 1, end) as string[];
  return {
    id: Math.abs(id),
    masked: id < 0,
    parent: Number(parent),
    previous: Number(previous),
    tag: tagOf(tag),
    rest,
    first: strings + 1,
  };
}

const isId = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_ID;
