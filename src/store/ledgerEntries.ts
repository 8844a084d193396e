// Ledger rows read back, in the form of today (`ledger.ts`) and in that of before, which named everything in each line. What is not
// in one of these shapes is left out: a damaged row hides its own entries and no others.

import type { LedgerEntry } from '../core/delivery.ts';
import { OUTCOMES } from '../core/delivery.ts';
import { isObject } from '../core/json.ts';
import type { EntriesQuery } from '../core/ports.ts';
import type { Entry, RestingEvent, RestingGroup, RestingTold } from './ledger.ts';
import type { LogRow } from './rows.ts';
import { parse } from './shape.ts';

/** Entries of one row that the query asks for, newest first. */
export function decodeEntries(row: LogRow, query: EntriesQuery): readonly LedgerEntry[] {
  const { at } = row;
  if (at < (query.since ?? -Infinity) || at > (query.until ?? Infinity)) return [];
  const entries: LedgerEntry[] = [];
  for (const entry of entriesIn(parse(row.entries))) {
    if (query.destination !== undefined && entry.destination !== query.destination) continue;
    if (query.event !== undefined && entry.event !== query.event) continue;
    entries.push({ at, ...entry });
  }
  return entries.reverse();
}

function entriesIn(row: unknown): Iterable<Entry> {
  if (!isObject(row)) return [];
  const { names, told, groups } = row;
  if (!isTexts(names) || !Array.isArray(groups)) return [];
  if (told === undefined)
    return groups.filter(isEarlierGroup).flatMap((group) => earlierEntries(group, names));
  if (!Array.isArray(told)) return [];
  const shared = told.map((one: unknown) => (isTold(one) ? sharedBy(one, names) : null));
  return groups.filter(isGroup).flatMap((group) => entriesOf(group, shared));
}

type Shared = Omit<Entry, 'admission' | 'event' | 'name'>;

const sharedBy = (
  [site, config, destination, step, reasons, fields]: RestingTold,
  names: readonly string[],
): Shared => ({ site, config, destination, step, reasons, fields: namedBy(fields, names) });

const namedBy = (places: readonly number[], names: readonly string[]): readonly string[] =>
  places.flatMap((at) => names[at] ?? []);

function entriesOf(
  [admission, ...events]: RestingGroup,
  shared: readonly (Shared | null)[],
): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [event, name, ...places] of events)
    for (const place of places) {
      const told = shared[place] ?? null;
      if (told !== null) entries.push({ admission, event, name, ...told });
    }
  return entries;
}

interface EarlierGroup {
  readonly admission: string;
  readonly site: string;
  readonly config: string;
  readonly lines: readonly (readonly [
    event: string,
    name: string,
    destination: string,
    step: LedgerEntry['step'],
    reasons: readonly string[],
    fields: readonly number[],
  ])[];
}

const earlierEntries = (
  { admission, site, config, lines }: EarlierGroup,
  names: readonly string[],
): readonly Entry[] =>
  lines.map(([event, name, destination, step, reasons, fields]) => {
    const told = { site, config, destination, step, reasons, fields: namedBy(fields, names) };
    return { admission, event, name, ...told };
  });

const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
const isPlaces = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number');
const isStep = (value: unknown): value is LedgerEntry['step'] =>
  value === 'admitted' || (isText(value) && Object.hasOwn(OUTCOMES, value));

const isTold = (value: unknown): value is RestingTold =>
  Array.isArray(value) &&
  value.length === 6 &&
  isTexts(value.slice(0, 3)) &&
  isStep(value[3]) &&
  isTexts(value[4]) &&
  isPlaces(value[5]);

const isEvent = (value: unknown): value is RestingEvent =>
  Array.isArray(value) && isText(value[0]) && isText(value[1]) && isPlaces(value.slice(2));

const isGroup = (value: unknown): value is RestingGroup =>
  Array.isArray(value) && isText(value[0]) && value.slice(1).every(isEvent);

const isEarlierGroup = (value: unknown): value is EarlierGroup =>
  isObject(value) &&
  isTexts([value['admission'], value['site'], value['config']]) &&
  Array.isArray(value['lines']) &&
  value['lines'].every(isTold);
