// Ledger rows as they rest: one row for each append or settlement, holding a group for each admission it touched. Codes,
// names and ids of ours only; no digest, no payload.

import type { LedgerEntry, OutcomeName } from '../core/delivery.ts';
import { OUTCOMES } from '../core/delivery.ts';
import { isObject } from '../core/json.ts';
import type { Admission, AdmittedEvent, EntriesQuery } from '../core/ports.ts';
import type { Head } from './head.ts';
import { MadeAdmission } from './made.ts';
import { placeOf } from './record.ts';
import type { LogRow } from './rows.ts';
import { parse } from './shape.ts';

export type Line = readonly [
  event: string,
  name: string,
  destination: string,
  step: LedgerEntry['step'],
  reasons: readonly string[],
  /** Positions in the row's `names`: events and destinations get mostly the same fields. */
  fields: readonly number[],
];

export interface LedgerGroup {
  readonly admission: string;
  readonly site: string;
  readonly config: string;
  readonly lines: readonly Line[];
}

/** A row: the groups of one append or settlement, and the names of their fields, each once. */
interface LedgerRow {
  readonly names: readonly string[];
  readonly groups: readonly LedgerGroup[];
}

/** Adds the names of fields that are new to `names`. */
export function admittedGroup(
  admission: Admission,
  events: readonly AdmittedEvent[],
  names: string[],
): LedgerGroup {
  const { id, site, config } = admission;
  const made = MadeAdmission.of(admission, events)?.lines(names);
  if (made !== undefined) return { admission: id, site, config, lines: made };
  const lines: Line[] = [];
  for (const event of events)
    for (const { data } of event.permitted) {
      const reason = data.anonymous ? 'anonymous' : 'permitted';
      const left = Object.hasOwn(event.fields, data.destination) ? event.fields[data.destination] : [];
      const fields = (left ?? []).map((name) => placeOf(name, names));
      lines.push([event.id, event.facts.name, data.destination, 'admitted', [reason], fields]);
    }
  return { admission: id, site, config, lines };
}

/** The row of an outcome; fields stand with the admission, for what was sent may have been narrowed since. */
export function outcomeGroup(
  head: Head,
  ends: readonly { readonly position: number; readonly name: OutcomeName; readonly code: string | null }[],
): LedgerGroup {
  const lines = ends.map(({ position, name, code }): Line => {
    const [event, eventName, destination] = head.deliveries[position] ?? ['', '', ''];
    return [event, eventName, destination, name, code === null ? [] : [code], []];
  });
  return { admission: head.admission, site: head.site, config: head.config, lines };
}

export const encodeGroups = (groups: readonly LedgerGroup[], names: readonly string[] = []): string =>
  JSON.stringify({ names, groups } satisfies LedgerRow);

/** Entries of one row that the query asks for, newest first. A row that cannot be read has none. */
export function decodeEntries(row: LogRow, query: EntriesQuery): readonly LedgerEntry[] {
  if (row.at < (query.since ?? -Infinity) || row.at > (query.until ?? Infinity)) return [];
  const entries: LedgerEntry[] = [];
  const { names, groups } = parseRow(row.entries);
  for (const group of groups)
    for (const [event, name, destination, step, reasons, fields] of group.lines) {
      if (query.destination !== undefined && destination !== query.destination) continue;
      if (query.event !== undefined && event !== query.event) continue;
      const { admission, site, config } = group;
      entries.push({
        at: row.at,
        admission,
        event,
        site,
        name,
        destination,
        step,
        reasons,
        fields: fields.flatMap((at) => names[at] ?? []),
        config,
      });
    }
  return entries.reverse();
}

const NOTHING: LedgerRow = { names: [], groups: [] };

function parseRow(text: string): LedgerRow {
  const value = parse(text);
  return isRow(value) ? { names: value.names, groups: value.groups.filter(isGroup) } : NOTHING;
}

const isRow = (value: unknown): value is { names: readonly string[]; groups: readonly unknown[] } =>
  isObject(value) && Array.isArray(value['names']) && Array.isArray(value['groups']);

const isGroup = (value: unknown): value is LedgerGroup =>
  typeof value === 'object' &&
  value !== null &&
  'lines' in value &&
  Array.isArray(value.lines) &&
  value.lines.every(isLine);

const isLine = (value: unknown): value is Line =>
  Array.isArray(value) &&
  value.length === 6 &&
  (value[3] === 'admitted' || Object.hasOwn(OUTCOMES, String(value[3]))) &&
  Array.isArray(value[4]) &&
  Array.isArray(value[5]);
