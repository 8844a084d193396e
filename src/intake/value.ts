// Reads single values out of JSON from strangers: text, short text, objects. Wrong types count as absent.

import { isObject } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { remembered } from './remembered.ts';

/** Shared, and for that frozen. */
export const EMPTY: JsonObject = Object.freeze({});

/** A string that is not blank, trimmed; else null. */
export function text(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const trimmed = value.trim();
  return trimmed === '' ? null : trimmed;
}

/** Ids and such come as strings or numbers. */
export const textOrNumber = (value: unknown): string | null =>
  typeof value === 'number' ? String(value) : text(value);

/** An object, or an empty one. */
export const object = (value: unknown): JsonObject => (isObject(value) ? value : EMPTY);

export const isScalar = (value: Json | undefined): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const SPELLED = /[^a-z0-9]/;
const LONGEST_NAME = 32;

/** A name without case, `_`, `-`, `.` and blanks: `orderId`, `order_id` and `Order ID` are one. Long names are nobody's and stay. */
export const plainName = (name: string): string =>
  name.length > LONGEST_NAME || !SPELLED.test(name) ? name : name.toLowerCase().replaceAll(/[_\-.\s]/g, '');

/** What is known of a name by its plain form, worked out once. */
export const byPlainName = <T>(know: (plain: string) => T): ((name: string) => T) =>
  remembered((name) => know(plainName(name)));

export function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

/** The first members of an object, as the beginning of a copy that differs from there on. */
export function firstMembers(object: Readonly<Record<string, unknown>>, count: number): Record<string, Json> {
  const copy: Record<string, Json> = {};
  let left = count;
  for (const name in object) {
    if (left === 0) break;
    left -= 1;
    copy[name] = object[name] as Json; // callers have looked at these members
  }
  return copy;
}
