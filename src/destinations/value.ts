// Forms of single values on their way out: bounded text, numbers, times. They shorten or drop, they never invent.

import type { Json } from '../core/json.ts';
import { pick } from '../core/json.ts';

/** Cut to a number of UTF-16 units, never through a character. */
export const clip = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '');

/** A finite number, or a string that is plainly one; else null. */
export function numberOf(value: Json | undefined): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^-?\d{1,15}(?:\.\d{1,10})?$/.test(value)) return null;
  return Number(value);
}

/** Text of a scalar; lists of scalars are joined by commas; null for what has no text. */
export function textOf(value: Json | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  if (typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return null;
  return value.map((part: Json) => (Array.isArray(part) ? null : textOf(part)) ?? '').join(',') || null;
}

/** An ISO 4217 code, upper case, or null. */
export function currencyOf(value: Json | undefined): string | null {
  return typeof value === 'string' && /^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : null;
}

/** Can it be written as an ISO date and in microseconds without loss? From 1970 to 2100. */
export const isTime = (ms: number): boolean => Number.isInteger(ms) && ms >= 0 && ms < 4_102_444_800_000;

/** Leaves out members that are null, undefined or empty: texts, objects, lists. Keeps the order. */
export function compact(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return pick(members, (value) => !isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const name in value) if (Object.hasOwn(value, name)) return false;
  return true;
}
