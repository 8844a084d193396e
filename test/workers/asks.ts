// What the tests of workers ask of a gateway: events and changes of mind, each on a connection of its own, so that whichever
// worker may get it; and what they look at afterwards.

import { RECORD_COOKIE } from '../../src/core/consent.ts';
import { ask } from '../http/fixture.ts';
import type { Ask, Reply } from '../http/fixture.ts';
import { shopRouting, WRITE_KEY } from '../support/gateway.ts';
import type { Gateway, Routing } from '../support/gateway.ts';

/** So many connections that all workers have some, but once in thousands of runs. */
export const CONNECTIONS = 14;
export const ORIGIN = 'https://shop.example';
/** The same for all that is compared. */
const AT = new Date().toISOString();

/** Each on a connection of its own, all at once. */
export const askAll = (gateway: Gateway, asks: readonly Ask[]): Promise<readonly Reply[]> =>
  Promise.all(asks.map((each) => ask(gateway.app.publicPort, named(each))));

/** Under the same name whatever the port. */
export const named = (each: Ask): Ask => ({
  ...each,
  headers: { host: 'tags.shop.example', ...each.headers },
});

interface Wish {
  readonly record?: string;
  readonly visitor?: string;
  readonly event?: string;
}

export const body = (
  messageId: string,
  { record, visitor = 'anna', event = 'Signed Up' }: Wish,
): Record<string, unknown> => ({
  type: 'track',
  event,
  messageId,
  anonymousId: `visitor-${visitor}`,
  timestamp: AT,
  context: record === undefined ? {} : { consent: { record } },
});

export const track = (messageId: string, wish: Wish): Ask => ({
  method: 'POST',
  path: '/v1/track',
  headers: { origin: ORIGIN, 'content-type': 'application/json' },
  body: JSON.stringify({ ...body(messageId, wish), writeKey: WRITE_KEY }),
});

export const change = (
  method: 'PUT' | 'DELETE',
  record: string,
  purposes?: Readonly<Record<string, boolean>>,
): Ask => ({
  method,
  path: '/v1/consent',
  headers: { origin: ORIGIN, 'content-type': 'application/json', cookie: `${RECORD_COOKIE}=${record}` },
  ...(purposes === undefined ? {} : { body: JSON.stringify({ purposes }) }),
});

/** Counters and what waits, without times and what Node tells. */
export async function counted(gateway: Gateway): Promise<readonly string[]> {
  const text = await (await fetch(`${gateway.admin}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => /^sluis_(?:\w+_total|outbox_pending|accept_seconds_count)\{/.test(line))
    .filter((line) => !line.endsWith(' 0')) // a series that nothing was counted in may be there or not
    .sort();
}

/** Its webhook takes nothing, so what is for it waits. */
export const waiting = (routing: Routing): string =>
  shopRouting({ ...routing, endpoints: { ...routing.endpoints, http: 'http://127.0.0.1:9' } });

export async function pending(gateway: Gateway): Promise<number> {
  const answer = await fetch(`${gateway.admin}/api/stats`);
  const { store } = (await answer.json()) as { store: { destinations: Record<string, { pending: number }> } }; // as it answers
  return store.destinations['webhook']?.pending ?? 0;
}
