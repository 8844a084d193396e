// What the ledger is told, and the row that it rests as: one for each append or settlement, holding a group for each admission it
// touched. Codes, names and ids of ours only; no digest, no payload.

import type { LedgerEntry, OutcomeName } from '../core/delivery.ts';
import type { Admission, AdmittedEvent } from '../core/ports.ts';
import type { Head } from './head.ts';
import { MadeAdmission } from './made.ts';
import { placeOf } from './record.ts';

/** An entry but for its instant, which is its row's. */
export type Entry = Omit<LedgerEntry, 'at'>;

/** What most events have in common: a row says it once. */
type Told = Pick<Entry, 'site' | 'config' | 'destination' | 'step' | 'reasons' | 'fields'>;

export type RestingTold = readonly [
  site: string,
  config: string,
  destination: string,
  step: LedgerEntry['step'],
  reasons: readonly string[],
  /** Positions in the row's `names`. */
  fields: readonly number[],
];

/** Event id, event name, and for each of its entries the position in the row's `told`. */
export type RestingEvent = [event: string, name: string, ...told: number[]];
/** Admission id, and its events. */
export type RestingGroup = [admission: string, ...events: RestingEvent[]];

interface LedgerRow {
  /** Of fields, each once. */
  readonly names: readonly string[];
  readonly told: readonly RestingTold[];
  readonly groups: readonly RestingGroup[];
}

const PERMITTED = ['permitted'] as const;
const ANONYMOUS = ['anonymous'] as const;

/** Why something is taken in. */
export const admittedAs = (anonymous: boolean): readonly string[] => (anonymous ? ANONYMOUS : PERMITTED);

/** What is told of events that are taken in. */
export function admittedEntries(of: Admission, events: readonly AdmittedEvent[]): readonly Entry[] {
  const made = MadeAdmission.of(of, events)?.entries();
  if (made !== undefined) return made;
  const { id: admission, site, config } = of;
  const entries: Entry[] = [];
  for (const { id: event, facts, permitted, fields: left } of events) {
    const { name } = facts;
    for (const { data } of permitted) {
      const { destination } = data;
      const fields = Object.hasOwn(left, destination) ? (left[destination] ?? []) : [];
      const reasons = admittedAs(data.anonymous);
      entries.push({ admission, event, site, name, destination, step: 'admitted', reasons, fields, config });
    }
  }
  return entries;
}

/** What is told of an end; fields stand with the admission, for what was sent may have been narrowed since. */
export function endedEntries(
  { admission, site, config, deliveries }: Head,
  ends: readonly { readonly position: number; readonly name: OutcomeName; readonly code: string | null }[],
): readonly Entry[] {
  return ends.map(({ position, name: step, code }) => {
    const [event, name, destination] = deliveries[position] ?? ['', '', ''];
    const reasons = code === null ? [] : [code];
    return { admission, event, site, name, destination, step, reasons, fields: [], config };
  });
}

/**
 * So many of what was told last of a destination are looked through for the same; what is not among them is told again, which costs
 * bytes but no time.
 */
const LOOKED_THROUGH = 16;

/** A row that is being made. */
export class LedgerText {
  readonly #told: Told[] = [];
  /** Positions in `told`, by destination. */
  readonly #places = new Map<string, number[]>();
  readonly #groups: RestingGroup[] = [];

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const { admission, event, name } = entry;
      let group = this.#groups.at(-1);
      if (group?.[0] !== admission) this.#groups.push((group = [admission]));
      const place = this.#placeOf(entry);
      const last = group.at(-1);
      if (typeof last === 'object' && last[0] === event) last.push(place);
      else group.push([event, name, place]);
    }
  }

  toString(): string {
    const names: string[] = [];
    const told = this.#told.map(({ site, config, destination, step, reasons, fields }): RestingTold => {
      const places = fields.map((name) => placeOf(name, names));
      return [site, config, destination, step, reasons, places];
    });
    return JSON.stringify({ names, told, groups: this.#groups } satisfies LedgerRow);
  }

  #placeOf(entry: Told): number {
    const places = this.#places.get(entry.destination) ?? [];
    const oldest = Math.max(0, places.length - LOOKED_THROUGH);
    for (let at = places.length - 1; at >= oldest; at -= 1) {
      const place = places[at] ?? -1;
      const told = this.#told[place];
      if (told !== undefined && isSame(told, entry)) return place;
    }
    const place = this.#told.push(entry) - 1;
    places.push(place);
    this.#places.set(entry.destination, places);
    return place;
  }
}

const isSame = (one: Told, other: Told): boolean =>
  one.step === other.step &&
  one.config === other.config &&
  one.site === other.site &&
  areSame(one.reasons, other.reasons) &&
  areSame(one.fields, other.fields);

function areSame(some: readonly string[], others: readonly string[]): boolean {
  if (some === others) return true;
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at += 1) if (some[at] !== others[at]) return false;
  return true;
}
