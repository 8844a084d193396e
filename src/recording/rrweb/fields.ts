// The parts that rrweb's events are made of, as tables of their keys: each says of a value what may leave of it, or that it is none of
// its kind. Keys that a table does not name do not leave.

import type { JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import type { UploadCleaning } from '../cleaning.ts';
import { maskedValue, isMasked } from '../page/mask.ts';
import { UNFIT, number } from '../page/measures.ts';
import type { PageVisit, Moment } from '../page/visit.ts';
import type { RrwebVisit } from './visit.ts';

/** While one event is cleaned. */
export interface Here {
  readonly cleaning: UploadCleaning;
  readonly page: string | null;
  readonly memory: RrwebVisit;
  /** The tree of `memory`. */
  readonly visit: PageVisit;
  readonly moment: Moment;
}

/** What may leave of a value, or `UNFIT`. */
export type Field = (value: unknown, here: Here) => unknown;

const MAX_ID = 9_999_999;
export const isId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_ID;

/** The id of a node; -1 where the recorder knew none. */
export const id: Field = (value) => (isId(value) || value === -1 ? value : UNFIT);
export const flag: Field = (value) => (typeof value === 'boolean' ? value : UNFIT);
export const only =
  (...values: readonly unknown[]): Field =>
  (value) =>
    values.includes(value) ? value : UNFIT;

/** What was typed or chosen: its masked length at most. */
export const typed: Field = (value, { cleaning }) => {
  if (typeof value !== 'string') return UNFIT;
  if (isMasked(value)) return value;
  cleaning.remarks.add('recording.input', 'typed', 'replace');
  return maskedValue(value);
};

/** An object with these keys; those of `more` may be missing, and go where they do not fit. */
export const object =
  (keys: Readonly<Record<string, Field>>, more: Readonly<Record<string, Field>> = {}): Field =>
  (value, here) => {
    if (!isObject(value)) return UNFIT;
    const clean: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(keys)) {
      const one = field(own(value, name), here);
      if (one === UNFIT) return UNFIT;
      clean[name] = one;
    }
    for (const [name, field] of Object.entries(more)) {
      const one = Object.hasOwn(value, name) ? field(value[name], here) : UNFIT;
      if (one !== UNFIT) clean[name] = one;
    }
    return clean;
  };

const own = (value: JsonObject, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined;

const MAX_ENTRIES = 100_000;

/** What of a list fits; the rest goes. */
export const list =
  (field: Field): Field =>
  (value, here) =>
    Array.isArray(value) && value.length <= MAX_ENTRIES
      ? value.map((one) => field(one, here)).filter((one) => one !== UNFIT)
      : UNFIT;

/** A list that is of use only as a whole: the way to a rule within rules. */
export const path =
  (field: Field): Field =>
  (value, here) => {
    const clean = list(field)(value, here);
    return Array.isArray(clean) && Array.isArray(value) && clean.length === value.length ? clean : UNFIT;
  };

export const either =
  (first: Field, second: Field): Field =>
  (value, here) => {
    const read = first(value, here);
    return read === UNFIT ? second(value, here) : read;
  };

/** Index of a rule or an offset in a text. */
export const index = number(0, MAX_ID);
export const seconds = number(0, 999_999);
export const share = number(0, 16);
/** The ends of browsers' own lists. */
export const upTo = (max: number): Field => number(0, max);
