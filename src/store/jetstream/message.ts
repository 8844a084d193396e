// What the messages of a partition hold: a row (one event of an admission and what its destinations may have), or a record of the
// owner's journal (what happened to rows since). Neither names a person or a site in its subject.

import { isObject } from '../../core/json.ts';
import type { RestingRow } from '../record.ts';
import { parse } from '../shape.ts';

/** One change of the rows beside their payload, as `Rows` names them. */
export type Change =
  | readonly ['progress', seq: number, text: string]
  | readonly ['remove', seq: number]
  | readonly ['lease', id: number, text: string]
  | readonly ['drop', id: number]
  | readonly ['dropAll'];

export interface LogLine {
  readonly at: number;
  readonly entries: string;
}

export interface JournalRecord {
  /** Which ownership wrote it: each one has an id of its own. */
  readonly epoch: string;
  /** The how manieth of that ownership. */
  readonly number: number;
  /** Everything up to this sequence number is in the ledger. */
  readonly told: number;
  readonly changes: readonly Change[];
  readonly logs: readonly LogLine[];
}

/** A row with the ledger's line about its admission. */
export interface RowMessage {
  readonly row: RestingRow;
  readonly log: LogLine;
}

/** Texts are JSON, which holds no raw line breaks; the body may. */
export const encodeRow = ({ row, log }: RowMessage): string =>
  `${row.schema} ${row.check} ${log.at}\n${row.head}\n${log.entries}\n${row.body}`;

/** What is no row of ours becomes one that cannot be read: it is dead-lettered alone. */
const UNREADABLE: RowMessage = {
  row: { schema: 0, check: 0, head: '', body: '' },
  log: { at: 0, entries: '' },
};

export function decodeRow(text: string): RowMessage {
  const lines: string[] = [];
  let from = 0;
  while (lines.length < 3) {
    const to = text.indexOf('\n', from);
    if (to === -1) return UNREADABLE;
    lines.push(text.slice(from, to));
    from = to + 1;
  }
  const [first = '', head = '', entries = ''] = lines;
  const [schema = NaN, check = NaN, at = NaN] = first.split(' ').map(Number);
  if (![schema, check, at].every(Number.isSafeInteger)) return UNREADABLE;
  return { row: { schema, check, head, body: text.slice(from) }, log: { at, entries } };
}

export const encodeRecord = (record: JournalRecord): string => JSON.stringify(record);

/** Null for what is no record of ours; changes of a kind that is not known are left out. */
export function decodeRecord(text: string): JournalRecord | null {
  const value = parse(text);
  if (!isObject(value)) return null;
  const { epoch, number, told, changes, logs } = value;
  if (typeof epoch !== 'string' || typeof number !== 'number' || typeof told !== 'number') return null;
  if (!Array.isArray(changes) || !Array.isArray(logs)) return null;
  return { epoch, number, told, changes: changes.filter(isChange), logs: logs.filter(isLogLine) };
}

export const isLogLine = (value: unknown): value is LogLine =>
  isObject(value) && typeof value['at'] === 'number' && typeof value['entries'] === 'string';

function isChange(value: unknown): value is Change {
  if (!Array.isArray(value)) return false;
  const [kind, id, text]: unknown[] = value;
  if (kind === 'dropAll') return true;
  if (typeof id !== 'number') return false;
  if (kind === 'progress' || kind === 'lease') return typeof text === 'string';
  return kind === 'remove' || kind === 'drop';
}
