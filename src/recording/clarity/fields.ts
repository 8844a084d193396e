// The fields that Clarity's events are made of: each says of a value what may leave of it, or that it is none of its kind, in
// which case its event is dropped.

import type { UploadCleaning } from '../cleaning.ts';
import { masked } from '../cleaning.ts';
import { isMasked, maskedValue } from '../page/mask.ts';
import { MAX_MEASURE, number, UNFIT } from '../page/measures.ts';
import type { PageVisit } from '../page/visit.ts';

/** While one upload is cleaned. */
export interface Here {
  readonly cleaning: UploadCleaning;
  readonly visit: PageVisit;
  /** Raw address of the page. */
  readonly page: string | null;
}

/** What may leave of a value, or `UNFIT`. */
export type Field = (value: unknown, here: Here) => unknown;

/** An event as it may leave; null: nothing of it. */
export type Treatment = (event: readonly unknown[], here: Here) => readonly unknown[] | null;

/** Time and type come before the fields of every event. */
export const HEAD = 2;

/** A day in ms, for machines that slept. The client stops after two hours. */
export const MAX_TIME = 99_999_999;

export const time = number(0, MAX_TIME);
/** A number of a closed list, or one of few. */
export const small = number(0, 999);
export const flag = number(0, 1);
const nodeNumber = number(-1, MAX_MEASURE);
/** Whole: an id that is none would be looked for in vain. */
export const node: Field = (value) => (Number.isInteger(value) ? nodeNumber(value) : UNFIT);

export const orNull =
  (field: Field): Field =>
  (value, here) =>
    value === null ? null : field(value, here);

export const matching =
  (form: RegExp): Field =>
  (value) =>
    typeof value === 'string' && form.test(value) ? value : UNFIT;

export const either =
  (first: Field, second: Field): Field =>
  (value, here) => {
    const read = first(value, here);
    return read === UNFIT ? second(value, here) : read;
  };

const LONGEST = 254;

/** Site text that leaves scrubbed. */
export const scrubbed: Field = (value, { cleaning }) =>
  typeof value === 'string' ? cleaning.text(value.length > LONGEST ? masked(value) : value) : UNFIT;

/** A string that stays behind. */
export const blank: Field = (value, { cleaning }) => {
  if (typeof value !== 'string') return UNFIT;
  if (value !== '') cleaning.remarks.add('recording.details', 'default_deny', 'strip');
  return '';
};

/** What stands in a field of a form: its masked length at most. */
export const typed: Field = (value, { cleaning }) => {
  if (typeof value !== 'string') return UNFIT;
  if (isMasked(value)) return value;
  cleaning.remarks.add('recording.input', 'typed', 'replace');
  return maskedValue(value);
};

export const address: Field = (value, { cleaning }) =>
  typeof value === 'string' ? cleaning.url(value) : UNFIT;

/** Of up to 53 bits in base36, one or two, or none. */
const HASH = /^(?:[0-9a-z]{1,11}(?:\.[0-9a-z]{1,11})?)?$/;
/** A phone may be written so; of the hashes of eight signs one in 28,000 is. */
const NUMERIC = /^[\d.]{8,}$|(?:^|\.)\d{8,}(?:\.|$)/;
export const isHash = (value: string): boolean => HASH.test(value) && !NUMERIC.test(value);
export const hash: Field = (value) => (typeof value === 'string' && isHash(value) ? value : UNFIT);

/** Ids of style sheets and animations: 32 bits in base36. */
export const shortId = matching(/^[0-9a-z]{1,7}$/);

/** The name of a region, at the end of events of one encoder; -1: in none. */
export const region = either(number(-1, -1), scrubbed);

/** Fields in this order, the last ones beyond `least` optional. Of what fits nothing is added, taken away or moved. */
export const fields =
  (list: readonly Field[], least = list.length): Treatment =>
  (event, here) => {
    const given = event.length - HEAD;
    if (given < least || given > list.length) return null;
    let clean: unknown[] | null = null;
    for (let i = 0; i < given; i++) {
      const before = event[i + HEAD];
      const after = list[i]?.(before, here) ?? null;
      if (after === UNFIT) return null;
      if (after === before) continue;
      clean ??= [...event];
      clean[i + HEAD] = after;
    }
    return clean ?? event;
  };

/** What may leave of a pair, by its name; null: it goes. */
export type Pair = (name: unknown, value: unknown, here: Here) => readonly [unknown, unknown] | null;

/** Pairs of a name and what belongs to it, as many as there are. */
export const pairs =
  (pair: Pair): Treatment =>
  (event, here) => {
    if (event.length % 2 !== 0) return null;
    const clean: unknown[] = event.slice(0, HEAD);
    for (let i = HEAD; i < event.length; i += 2) {
      const kept = pair(event[i], event[i + 1], here);
      if (kept !== null) clean.push(...kept);
    }
    return clean.length > HEAD ? clean : null;
  };
