// One text for one configuration, whatever the order of keys: what digests are taken over. Secrets are left out, because
// they write themselves as `***`. Also freezes what is handed out.

import { createHash } from 'node:crypto';
import { Secret } from '../core/secret.ts';

export function canonical(value: unknown): string {
  if (value instanceof Secret) return '"***"';
  if (value instanceof Set) return canonical([...value].map(String).sort());
  if (value instanceof RegExp || value instanceof URL) return JSON.stringify(String(value));
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}`;
}

/** First 16 hex characters of SHA-256. */
export const digestOf = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);

/** Freezes plain objects and arrays all the way down; instances of classes see to themselves. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value;
  Object.freeze(value);
  for (const each of Object.values(value)) deepFreeze(each);
  return value;
}
