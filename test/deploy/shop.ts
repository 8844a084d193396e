// The shop that the fronts of deploy/ stand before: its gateway believes what comes from 127.0.0.1, and its webhook is told the
// visitor's address, so that a test can see which one arrived.

import type { ExecutionContext } from 'ava';
import { shopRouting, startGateway, until, WRITE_KEY } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { adapted } from './adapted.ts';
import { ask } from './client.ts';
import { startFront } from './front.ts';
import type { Front, FrontKind } from './front.ts';

export interface Scene {
  readonly gateway: Gateway;
  readonly front: Front;
}

const DISCLOSED = '{ purposes: [analytics, audience_matching], data: [ip], country: NL }';

export async function setUp(t: ExecutionContext, kind: FrontKind, limits = '{}'): Promise<Scene> {
  const server = `trustedProxies: [127.0.0.1/32], limits: ${limits}`;
  const gateway = await startGateway(t, {
    routing: (routing) =>
      adapted(shopRouting(routing), [
        { from: 'allowPrivateEndpoints: true', to: `allowPrivateEndpoints: true, ${server}` },
        { from: 'webhook: [analytics]', to: `webhook: ${DISCLOSED}` },
        { from: '    requires: [analytics]', to: '    requires: [analytics]\n    person: [ip]' },
      ]),
  });
  return { gateway, front: await startFront(t, kind, gateway.app.publicPort) };
}

export const JSON_BODY = { 'content-type': 'application/json' };

/** A call of the tracking API as a page makes it: consent is in its cookies. */
export const track = (mark: number, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    writeKey: WRITE_KEY,
    event: 'Order Completed',
    messageId: `message-${mark}`,
    anonymousId: 'visitor-1',
    timestamp: new Date().toISOString(),
    properties: { value: mark, currency: 'EUR' },
    context: { page: { url: 'https://shop.example/thanks' } },
    ...more,
  });

/** Says yes to what the shop asks for by way of the front; the cookie as a page sends it back. */
export async function agree(front: Front): Promise<{ readonly cookie: string; readonly set: string }> {
  const { status, headers, body } = await ask(front, {
    method: 'PUT',
    path: '/v1/consent',
    headers: JSON_BODY,
    body: '{"purposes":{"analytics":true,"marketing":true,"audience_matching":true}}',
  });
  if (status !== 200) throw new Error(`PUT /v1/consent answered ${status}: ${body}`);
  const set = headers['set-cookie']?.join('\n') ?? '';
  return { cookie: set.slice(0, set.indexOf(';')), set };
}

/** Verdicts on the newest event, once so many events have been decided. HubSpot's is left out: it takes contacts only. */
export async function verdicts(gateway: Gateway, events: number): Promise<Readonly<Record<string, string>>> {
  const decided = async () => (await gateway.decisions()).length / 4;
  await until(`${events} events decided`, async () => (await decided()) >= events);
  const newest = (await gateway.decisions()).slice(0, 4);
  return Object.fromEntries(
    newest
      .filter(({ destination }) => destination !== 'hubspot')
      .map(({ destination, verdict }) => [destination, verdict]),
  );
}

export const ALL_FORWARDED = { ga4: 'forward', meta: 'forward', webhook: 'forward' };

/** Client addresses that the webhook was told, oldest first. */
export async function toldAddresses(
  gateway: Gateway,
  count: number,
): Promise<readonly (string | undefined)[]> {
  const told = () =>
    gateway.seen('http').flatMap(
      ({ body }) =>
        (JSON.parse(body) as { readonly events: readonly { readonly person?: { readonly ip?: string } }[] })
          .events, // as the destination writes it
    );
  await until(`${count} events at the webhook`, () => told().length >= count);
  return told().map(({ person }) => person?.ip);
}
