// What a person says at one gateway holds at the other within a second, and a gateway that cannot know stops sending.

import type { ExecutionContext } from 'ava';
import { until } from '../support/gateway.ts';
import { missingNats } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import { pending, startCluster, startMember } from './cluster.ts';
import type { Member } from './cluster.ts';
import { eventOf, post, willing } from './load.ts';
import { marksAt, startVendor } from './vendor.ts';
import type { Vendor } from './vendor.ts';

const withNats = needing(missingNats());
const EACH = 60;
const CLIENT_IDS = { anna: '1837402915.1763900001', bob: '1937402916.1763900002' };
const isAnnas = (mark: number): boolean => mark % 2 === 0;

/** Known by a cookie that a browser would bring along, so that a no can be said without an event. */
function byClientId(mark: number): Record<string, unknown> {
  const name = isAnnas(mark) ? 'anna' : 'bob';
  const event = eventOf(mark, willing(name));
  const { consent } = event['context'] as { consent: unknown }; // as eventOf makes it
  return {
    ...event,
    anonymousId: undefined,
    userId: `user-${name}`,
    context: { ids: { 'ga.client_id': CLIENT_IDS[name] }, consent },
  };
}

async function sendAll(member: Member | undefined, count: number): Promise<void> {
  const marks = Array.from({ length: count }, (_, index) => index + 1);
  const { status } = await post(member?.life?.url ?? '', marks.map(byClientId));
  if (status !== 200) throw new Error(`the batch was answered with ${status}`);
}

async function twoGateways(t: ExecutionContext): Promise<{ members: Member[]; vendor: Vendor }> {
  const cluster = await startCluster(t, 1);
  const vendor = await startVendor(t, 'http');
  const routes = { webhook: { vendor, with: 'timeout: 2s, batch: 1, concurrency: 2' } };
  const members = [await startMember(t, cluster, { routes }), await startMember(t, cluster, { routes })];
  return { members, vendor };
}

for (const [sender, refuser] of [
  [0, 1],
  [1, 0],
] as const)
  withNats(`taken by gateway ${sender + 1}, withdrawn at gateway ${refuser + 1}`, async (t) => {
    t.timeout(60_000);
    const { members, vendor } = await twoGateways(t);
    vendor.mood = 'hang';
    await sendAll(members[sender], 2 * EACH);
    await until('requests of both gateways that hang', () => vendor.requests.length >= 4);
    t.true(((await pending(members)) ?? 0) > EACH);
    const answer = await fetch(`${members[refuser]?.life?.url}/v1/consent?writeKey=shop-web`, {
      method: 'PUT',
      headers: {
        origin: 'https://shop.example',
        'content-type': 'application/json',
        cookie: `_ga=GA1.1.${CLIENT_IDS.anna}`,
      },
      body: JSON.stringify({ purposes: { analytics: false } }),
    });
    t.is(answer.status, 200);
    const since = Date.now();
    vendor.mood = 'ok';
    await until('an empty queue', async () => (await pending(members)) === 0, 30_000);
    t.deepEqual(
      vendor.arrivals.filter(({ at, mark }) => at > since && isAnnas(mark)),
      [],
      'sent after the no was acknowledged',
    );
    const bobs = Array.from({ length: EACH }, (_, index) => 2 * index + 1);
    t.deepEqual(
      bobs.filter((mark) => !marksAt(vendor).has(mark)),
      [],
    );
  });

for (const how of ['silent', 'refused'] as const)
  withNats(
    `a gateway that is cut off from its facts (${how}) stops sending, and goes on when it is back`,
    async (t) => {
      t.timeout(90_000);
      const cluster = await startCluster(t, 1);
      const vendor = await startVendor(t, 'http');
      vendor.delayMs = 40;
      const routes = { webhook: { vendor, with: 'batch: 1, concurrency: 2' } };
      const member = await startMember(t, cluster, { routes });
      await sendAll(member, 500);
      await until('deliveries', () => vendor.requests.length > 20);
      member.wires.cut(how);
      const cutAt = Date.now();
      await until(
        'a second and a half of silence',
        () => Date.now() - (vendor.requests.at(-1)?.at ?? 0) > 1_500,
      );
      const last = vendor.requests.at(-1)?.at ?? 0;
      t.log(`the last request left ${last - cutAt} ms after the cut`);
      t.true(last - cutAt <= 1_000 + 100, 'facts are good for a second; a tenth for what was on its way');
      t.true(marksAt(vendor).size < 500, 'there was more to send');
      member.wires.heal();
      await until('all to arrive', () => marksAt(vendor).size === 500, 60_000);
    },
  );
