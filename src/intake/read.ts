// Bounded reading of JSON from strangers: one parse, one walk that checks depth, number of values and string lengths and
// repairs what no later stage should have to think of. What is clean is passed on as it is, not copied.

import { GatewayError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { IntakeRequest } from '../core/plugin.ts';
import { firstMembers } from './value.ts';

export type Limits = IntakeRequest['limits'];

/** Why something can never succeed. The message says what is missing or too much, never what was received. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What reading gave. A wrapper of our own, because received objects can have any key. */
export type Read<T> = { readonly value: T } | { readonly fault: Fault };

/** What one request may come to when what its events share is counted for each of them, in events of the largest size. */
const LARGEST_EVENTS = 64;

/** What events share costs as much as if each had brought it; a small body could otherwise be worth gigabytes. */
export function checkShared(sharedBytes: number, events: number, limits: Limits): void {
  if (sharedBytes * events > LARGEST_EVENTS * limits.eventBytes)
    throw new GatewayError(
      'body_too_large',
      'what the events share is too much for so many; send fewer at once',
    );
}

export const refusal = (fault: Fault): GatewayError => new GatewayError(fault.code, fault.message);

/** Body as text, without a byte order mark. Bytes that are no UTF-8 become U+FFFD. */
export function bodyText(body: Uint8Array): string {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

export interface Parsed {
  readonly fields: Record<string, unknown>;
  /** False: its strings are clean. Decoded UTF-8 has no halves of pairs and JSON no bare NUL; only `\u…` brings them. */
  readonly escapes: boolean;
}

/** Parses a body that has to be a JSON object. Throws `unreadable_body`. */
export function parseObject(body: Uint8Array): Parsed {
  const text = bodyText(body);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new GatewayError('unreadable_body', 'the body must be JSON'); // the parser's message quotes the body: no cause
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GatewayError('unreadable_body', 'the body must be a JSON object');
  const fields = value as Record<string, unknown>; // an object out of JSON.parse has string keys
  return { fields, escapes: text.includes('\\u') };
}

interface Walk {
  readonly limits: Limits;
  /** False: no string needs cleaning. */
  readonly escapes: boolean;
  values: number;
  /** Characters of keys and strings, and some for every value: a sixth of the most bytes its JSON can take. */
  weight: number;
  fault: Fault | null;
}

const tooDeep = (message: string): Fault => ({ code: 'too_deep', message });
const tooLarge = (message: string): Fault => ({ code: 'event_too_large', message });

/** Names that reach an object's prototype in careless code. */
export const isTrap = (key: string): boolean =>
  key === '__proto__' || key === 'constructor' || key === 'prototype';

export const isClean = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** Without NULs and halves of surrogate pairs. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole;
}

function cleanString(text: string, walk: Walk): string {
  walk.weight += text.length;
  if (text.length > walk.limits.stringChars)
    walk.fault ??= tooLarge(`a string is longer than ${walk.limits.stringChars} characters`);
  return walk.escapes ? cleanText(text) : text;
}

function cleanArray(array: readonly unknown[], depth: number, walk: Walk): readonly Json[] {
  let copy: Json[] | null = null;
  for (let index = 0; index < array.length && walk.fault === null; index += 1) {
    const cleaned = cleanValue(array[index], depth, walk);
    if (copy === null && cleaned !== array[index]) copy = array.slice(0, index) as Json[]; // cleaned so far
    copy?.push(cleaned);
  }
  return copy ?? (array as readonly Json[]); // every element was clean
}

function cleanObject(object: Record<string, unknown>, depth: number, walk: Walk): JsonObject {
  let copy: Record<string, Json> | null = null;
  let clean = 0;
  for (const key in object) {
    if (walk.fault !== null) break;
    const name = cleanString(key, walk);
    const dropped = isTrap(name);
    const value = object[key];
    const cleaned = dropped ? null : cleanValue(value, depth, walk);
    if (copy === null && (dropped || name !== key || cleaned !== value)) copy = firstMembers(object, clean);
    if (copy === null) clean += 1;
    else if (!dropped) copy[name] = cleaned;
  }
  return copy ?? (object as JsonObject); // every member was clean
}

function cleanValue(value: unknown, depth: number, walk: Walk): Json {
  walk.values += 1;
  walk.weight += 4;
  if (walk.values > walk.limits.keys) walk.fault ??= tooDeep(`more than ${walk.limits.keys} values`);
  if (walk.fault !== null) return null;
  if (typeof value === 'string') return cleanString(value, walk);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null; // `1e999` parses to Infinity
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= walk.limits.depth) {
    walk.fault = tooDeep(`nested deeper than ${walk.limits.depth} levels`);
    return null;
  }
  return Array.isArray(value)
    ? cleanArray(value, depth + 1, walk)
    : cleanObject(value as Record<string, unknown>, depth + 1, walk); // string keys, see parseObject
}

/**
 * Checks and repairs one event. Its size is that of its compact JSON, which is only written out if the walk could not
 * rule out that it is too large. `escapes` is that of the body it was parsed from.
 */
export function cleanEvent(value: unknown, limits: Limits, escapes: boolean): Read<JsonObject> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { fault: { code: 'invalid_event', message: 'an event must be a JSON object' } };
  const walk: Walk = { limits, escapes, values: 0, weight: 0, fault: null };
  const cleaned = cleanValue(value, 0, walk);
  if (walk.fault !== null) return { fault: walk.fault };
  if (walk.weight * 6 > limits.eventBytes && Buffer.byteLength(JSON.stringify(cleaned)) > limits.eventBytes)
    return { fault: tooLarge(`larger than ${limits.eventBytes} bytes`) };
  return { value: cleaned as JsonObject }; // an object stays an object
}
