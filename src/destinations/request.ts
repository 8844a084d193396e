// How build functions put requests together: address, JSON body, chunks under a vendor's limits. Every event given to a build
// ends in exactly one request or one refusal.

import type { Destination } from '../core/config.ts';
import type { Auth, VendorRequest } from '../core/delivery.ts';
import type { PermittedData, PermittedEvent } from '../core/permitted.ts';
import type { Built } from '../core/plugin.ts';

/** One event on its way into a request. */
export interface Placed {
  readonly index: number;
  readonly data: PermittedData;
}

export type Refusal = Built['refused'][number];

/** An event's part of a body, or the code of why the vendor can never take it. */
export type Entry = { readonly value: Readonly<Record<string, unknown>> } | { readonly refused: string };

export const place = (events: readonly PermittedEvent[]): readonly Placed[] =>
  events.map((event, index) => ({ index, data: event.data }));

/** `destination.endpoint` takes the place of scheme and host; a path in it goes before ours. */
export const addressOf = (destination: Destination, base: string, path: string): string =>
  `${(destination.endpoint ?? base).replace(/\/+$/, '')}${path}`;

export const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' } as const;

export function jsonPost(request: {
  readonly url: string;
  /** JSON text. */
  readonly body: string;
  readonly auth: Auth;
  readonly events: readonly number[];
}): VendorRequest {
  return {
    method: 'POST',
    url: request.url,
    headers: JSON_HEADERS,
    body: request.body,
    auth: request.auth,
    events: request.events,
  };
}

export const bearer = (secret: Extract<Auth, { type: 'header' }>['secret']): Auth => ({
  type: 'header',
  name: 'authorization',
  prefix: 'Bearer ',
  secret,
});

/** An entry as it stands in a body: its JSON text and its size there. */
export interface Weighed {
  readonly index: number;
  readonly text: string;
  readonly bytes: number;
}

/** Puts a list of entries last into an object, given and returned as JSON text: nothing is serialised twice. */
export function listBody(shared: string, name: string, entries: readonly Weighed[]): string {
  const head = shared.slice(0, -1);
  const list = `${JSON.stringify(name)}:[${entries.map(({ text }) => text).join(',')}]}`;
  return head === '{' ? head + list : `${head},${list}`;
}

export interface Limits {
  readonly events: number;
  readonly bytes: number;
}

/** Room kept in every body for what stands around its entries: keys, brackets and a token that delivery adds. */
const ENVELOPE_BYTES = 2048;

/** Makes each event's entry and fills chunks under the limits; an entry that alone is over them is refused as `too_large`. */
export function chunk(
  placed: readonly Placed[],
  limits: Limits,
  entry: (placed: Placed) => Entry,
): { readonly chunks: readonly (readonly Weighed[])[]; readonly refused: readonly Refusal[] } {
  const refused: Refusal[] = [];
  const weighed: Weighed[] = [];
  for (const one of placed) {
    const made = entry(one);
    const { index } = one;
    if ('refused' in made) {
      refused.push({ index, code: made.refused });
      continue;
    }
    const text = JSON.stringify(made.value);
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > limits.bytes - ENVELOPE_BYTES) refused.push({ index, code: 'too_large' });
    else weighed.push({ index, text, bytes });
  }
  return { chunks: fill(weighed, limits), refused };
}

/** Splits a row of entries, in order, so that no part is over the limits. */
export function fill<T extends { readonly bytes: number }>(
  entries: readonly T[],
  limits: Limits,
): readonly (readonly T[])[] {
  const chunks: T[][] = [];
  let current: T[] = [];
  let bytes = ENVELOPE_BYTES;
  for (const entry of entries) {
    if (current.length > 0 && (current.length >= limits.events || bytes + entry.bytes > limits.bytes)) {
      chunks.push(current);
      current = [];
      bytes = ENVELOPE_BYTES;
    }
    current.push(entry);
    bytes += entry.bytes;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

/** Groups by a key, groups in order of first appearance. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
