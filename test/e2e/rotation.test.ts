// The gateway's secret is rotated and the old one is taken out: what changes for vendors, what goes on, and what is over when the
// old one has gone too early.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { chooseConsent, shopRouting, startGateway, until, WRITE_KEY } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';

const FIRST = 'secrets: [{ id: k1, value: "${SLUIS_SECRET}" }]';

interface Scene {
  readonly gateway: Gateway;
  /** Puts these secrets in force, the first of them the current one. */
  readonly rotate: (...ids: readonly string[]) => Promise<void>;
  /** Sends an event and waits until it is decided: its verdict at GA4. */
  readonly send: (
    messageId: string,
    record: string,
  ) => Promise<{ readonly verdict: string; readonly reason: string | undefined }>;
}

async function setTheScene(t: ExecutionContext): Promise<Scene> {
  let text = '';
  const gateway = await startGateway(t, { routing: (routing) => (text = shopRouting(routing)) });
  const fileOf = (id: string): string => join(gateway.folder, id);
  writeFileSync(fileOf('k2'), 'a second secret for tests, of more than thirty-two characters\n');
  const value = (id: string): string => (id === 'k1' ? '${SLUIS_SECRET}' : `\${file:${fileOf(id)}}`);
  let decided = 0;
  return {
    gateway,
    async rotate(...ids) {
      const list = ids.map((id) => `{ id: ${id}, value: "${value(id)}" }`).join(', ');
      writeFileSync(gateway.config, text.replace(FIRST, `secrets: [${list}]`));
      await gateway.app.reload();
    },
    async send(messageId, record) {
      const ids = { 'ga.client_id': '1837402915.1763900001' };
      const context = { ids, consent: { record }, page: { url: 'https://shop.example/' } };
      const call = { writeKey: WRITE_KEY, event: 'Signed Up', messageId, anonymousId: 'visitor-1', context };
      const sent = await fetch(`${gateway.url}/v1/track`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: 'https://shop.example' },
        body: JSON.stringify(call),
      });
      t.is(sent.status, 200);
      decided += 4;
      await until('a decision', async () => (await gateway.decisions()).length >= decided);
      const newest = (await gateway.decisions()).find(({ destination }) => destination === 'ga4');
      return { verdict: newest?.verdict ?? '', reason: newest?.reasons[0]?.code };
    },
  };
}

/** What a vendor got, once it has got so much. */
async function got(gateway: Gateway, vendor: string, count: number): Promise<readonly string[]> {
  await until(`${count} at ${vendor}`, () => gateway.seen(vendor).length >= count);
  return gateway.seen(vendor).map(({ url, body }) => `${url} ${body}`);
}

const clientIds = async (gateway: Gateway, count: number): Promise<readonly (string | undefined)[]> =>
  (await got(gateway, 'ga4', count)).map((text) =>
    /"client_id":"([^"]+)"|[?&]cid=([^&]+)/.exec(text)?.slice(1).join(''),
  );

const keys = async (gateway: Gateway, count: number): Promise<readonly (string | undefined)[]> =>
  (await got(gateway, 'http', count)).map((text) => /"key":"([^"]+)"/.exec(text)?.[1]);

test('a new secret first: records go on, repetitions stay known, and vendors see every visitor anew', async (t) => {
  const { gateway, rotate, send } = await setTheScene(t);
  const record = await chooseConsent(gateway.url, { analytics: true, marketing: true });
  t.true(record.startsWith('v1.k1.'));
  await send('message-1', record);
  await keys(gateway, 1);
  await rotate('k2', 'k1');

  t.is((await send('message-1', record)).verdict, 'forward');
  t.is((await send('message-2', record)).verdict, 'forward');
  const [before, after, ...others] = await clientIds(gateway, 2);
  t.deepEqual(others, []);
  t.truthy(before);
  t.not(before, after);
  t.is((await keys(gateway, 2)).length, 2, 'the repetition was known');
  t.true((await chooseConsent(gateway.url, { analytics: true })).startsWith('v1.k2.'));

  await send('message-3', record);
  t.is((await clientIds(gateway, 3))[2], after, 'anew once, not with every event');
});

test('the old secret taken out: its records deny, and a repetition is new but keeps its key', async (t) => {
  const { gateway, rotate, send } = await setTheScene(t);
  const old = await chooseConsent(gateway.url, { analytics: true, marketing: true });
  await rotate('k2', 'k1');
  const record = await chooseConsent(gateway.url, { analytics: true, marketing: true });
  await send('message-1', record);
  const [first] = await keys(gateway, 1);
  await rotate('k2');

  t.deepEqual(await send('message-2', old), { verdict: 'block', reason: 'signal_unreadable' });
  t.is((await send('message-3', record)).verdict, 'forward');
  t.not((await keys(gateway, 2))[1], first);
  // Within a day it is taken as new. It was sent under the current secret, by whose key the vendor knows it.
  await send('message-1', record);
  t.is((await keys(gateway, 3))[2], first);
});
