// The places where consent signals stand: fields of the event, query parameters and cookies, all of them hostile input.
// Lookups see own properties only; decoding never throws.

import type { PurposeMapping } from '../core/config.ts';
import type { ConsentInput } from '../core/consent.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { isObject } from '../core/json.ts';

/** No browser keeps a longer cookie. */
const MAX_COOKIE_CHARS = 4096;

/** An own field of an object, or undefined. A null counts as not there. */
export function field(object: Json, name: string): Json | undefined {
  if (!isObject(object) || !Object.hasOwn(object, name)) return undefined;
  const value = object[name];
  return value === null ? undefined : value;
}

/** A macro that the page's ad server did not replace: nobody said anything. */
const isMacro = (text: string): boolean => text.startsWith('${') && text.endsWith('}');

/** A query parameter; undefined where it is missing, empty or an unreplaced macro. */
export function parameter(input: ConsentInput, name: string): string | undefined {
  const value = Object.hasOwn(input.query, name) ? input.query[name] : undefined;
  return value === undefined || value === '' || isMacro(value) ? undefined : value;
}

/** The field of `context.consent`; undefined where it is missing or an unreplaced macro. */
export function stated(input: ConsentInput, name: string): Json | undefined {
  const value = field(input.consent, name);
  return typeof value === 'string' && isMacro(value) ? undefined : value;
}

const NONE: readonly string[] = [];

/** Raw values of a cookie, empty and overlong ones left out. */
export function cookieValues(input: ConsentInput, name: string): readonly string[] {
  const values = Object.hasOwn(input.cookies, name) ? input.cookies[name] : undefined;
  if (values === undefined) return NONE;
  return values.filter((value) => value !== '' && value.length <= MAX_COOKIE_CHARS);
}

/** Most requests of other domains carry none, and no reader of cookies need look then. */
export function hasCookies({ cookies }: ConsentInput): boolean {
  for (const name in cookies) if (name !== '') return true;
  return false;
}

/** The name that the routing file gives a tool's cookie, else the tool's own default. */
export const cookieName = (mapping: PurposeMapping, source: string, usual: string): string =>
  Object.hasOwn(mapping.cookieNames, source) ? (mapping.cookieNames[source] ?? usual) : usual;

/** Percent-decodes; null where that is impossible. */
export function decoded(text: string): string | null {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * Reads a cookie that should begin with `{`, as it is and percent-decoded once and twice: tools encode all of it, parts of it
 * or nothing. Null if no form can be read.
 */
export function unwrapped<T>(value: string, read: (text: string) => T | null): T | null {
  for (let text: string | null = value, times = 0; text !== null && times <= 2; times += 1) {
    const found = text.startsWith('{') ? read(text) : null;
    if (found !== null) return found;
    const next = decoded(text);
    text = next === text ? null : next;
  }
  return null;
}

function parse(text: string): JsonObject | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** A cookie that holds a JSON object; null where it does not, or where the object would reach for a prototype. */
export function jsonCookie(value: string): JsonObject | null {
  const object = unwrapped(value, parse);
  return object !== null && Object.hasOwn(object, '__proto__') ? null : object;
}
