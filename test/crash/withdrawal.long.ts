// A no that comes while events wait in the queue: none of that visitor's is sent afterwards, everybody else's are, however the
// no was said and whether or not the gateway dies right after it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { chooseConsent, temporaryFolder, until } from '../support/gateway.ts';
import { drained, metric, startLife } from './life.ts';
import type { Life } from './life.ts';
import { eventOf, post, unwilling, willing } from './load.ts';
import { shop } from './routing.ts';
import { marksAt, startVendor } from './vendor.ts';
import type { Vendor } from './vendor.ts';

const ORIGIN = 'https://shop.example';
const EACH = 60;
const CLIENT_IDS = { anna: '1837402915.1763900001', bob: '1937402916.1763900002' };

interface Scene {
  readonly config: string;
  readonly vendors: Readonly<Record<'webhook' | 'ga4', Vendor>>;
  life: Life;
}

async function setTheScene(t: ExecutionContext, workers = 0): Promise<Scene> {
  const folder = temporaryFolder(t);
  const config = join(folder, 'gateway.yaml');
  const vendors = { webhook: await startVendor(t, 'http'), ga4: await startVendor(t, 'ga4') };
  const routes = {
    webhook: { vendor: vendors.webhook, with: 'timeout: 2s, batch: 5, concurrency: 2' },
    ga4: { vendor: vendors.ga4, with: 'timeout: 2s, concurrency: 2' },
  };
  writeFileSync(config, shop({ store: `sqlite:${join(folder, 'sluis.db')}`, routes, workers }));
  return { config, vendors, life: await startLife(t, { config }) };
}

/** How this visitor's events are known to be theirs, and how they say no. */
interface Way {
  /** Changes an event on its way out. */
  readonly event: (event: Record<string, unknown>, name: 'anna' | 'bob') => Record<string, unknown>;
  /** Answers when the no has been acknowledged. */
  readonly refuse: (life: Life) => Promise<number>;
}

const known = (
  event: Record<string, unknown>,
  name: 'anna' | 'bob',
  consent: unknown,
): Record<string, unknown> => ({
  ...event,
  anonymousId: undefined,
  userId: `user-${name}`,
  context: { ids: { 'ga.client_id': CLIENT_IDS[name] }, consent },
});

const cookie = `_ga=GA1.1.${CLIENT_IDS.anna}`;

async function change(life: Life, method: 'PUT' | 'DELETE', cookies: string): Promise<number> {
  const answer = await fetch(`${life.url}/v1/consent?writeKey=shop-web`, {
    method,
    headers: { origin: ORIGIN, 'content-type': 'application/json', cookie: cookies },
    body: method === 'PUT' ? JSON.stringify({ purposes: { analytics: false } }) : null,
  });
  return answer.status;
}

const BY_ID = (event: Record<string, unknown>, name: 'anna' | 'bob'): Record<string, unknown> =>
  known(event, name, (event['context'] as { consent: unknown }).consent); // as eventOf makes it

const WAYS: Readonly<Record<string, (life: Life) => Promise<Way>>> = {
  'an event that says no': async () => ({
    event: (event) => event,
    refuse: async (life) => (await post(life.url, [eventOf(9001, unwilling('anna'))])).status,
  }),
  'PUT /v1/consent with the id cookie': async () => ({
    event: BY_ID,
    refuse: (life) => change(life, 'PUT', cookie),
  }),
  'DELETE /v1/consent with the id cookie': async () => ({
    event: BY_ID,
    refuse: (life) => change(life, 'DELETE', cookie),
  }),
  'DELETE /v1/consent with the record it was given under': async (life) => {
    const records = {
      anna: await chooseConsent(life.url, { analytics: true }),
      bob: await chooseConsent(life.url, { analytics: true }),
    };
    return {
      event: (event, name) => ({
        ...event,
        anonymousId: undefined,
        userId: `user-${name}`,
        context: { ids: { 'ga.session_id': '1763900001' }, consent: { record: records[name] } },
      }),
      refuse: (other) => change(other, 'DELETE', `sluis_consent=${records.anna}`),
    };
  },
};

async function queue(scene: Scene, way: Way): Promise<void> {
  for (const vendor of Object.values(scene.vendors)) vendor.mood = 'hang';
  const marks = Array.from({ length: 2 * EACH }, (_, index) => index + 1);
  const answer = await post(
    scene.life.url,
    marks.map((mark) => {
      const name = mark % 2 === 0 ? 'anna' : 'bob';
      return way.event(eventOf(mark, willing(name)), name);
    }),
  );
  if (answer.status !== 200) throw new Error(`the batch was answered with ${answer.status}`);
  await until('requests that hang', () => scene.vendors.webhook.requests.length >= 2);
}

const isAnnas = (mark: number): boolean => mark % 2 === 0 && mark <= 2 * EACH;

async function checkHeldBack(t: ExecutionContext, scene: Scene, since: number): Promise<void> {
  for (const vendor of Object.values(scene.vendors)) vendor.mood = 'ok';
  await drained(scene.life);
  for (const [name, vendor] of Object.entries(scene.vendors)) {
    const late = vendor.arrivals.filter(({ at, mark }) => at > since && isAnnas(mark));
    t.deepEqual(late, [], `sent to ${name} after the no`);
  }
  const { webhook } = scene.vendors;
  const bobs = Array.from({ length: EACH }, (_, index) => 2 * index + 1);
  t.deepEqual(
    bobs.filter((mark) => !marksAt(webhook).has(mark)),
    [],
  );
}

for (const [title, makeWay] of Object.entries(WAYS)) {
  for (const workers of [0, 2])
    test(`withdrawn in flight by ${title}, ${workers} workers`, async (t) => {
      t.timeout(60_000);
      const scene = await setTheScene(t, workers);
      const way = await makeWay(scene.life);
      await queue(scene, way);
      t.true([200, 204].includes(await way.refuse(scene.life)));
      const since = Date.now();
      await checkHeldBack(t, scene, since);
      t.true(
        (await metric(scene.life, 'sluis_deliveries_total', {
          destination: 'webhook',
          outcome: 'withheld',
        })) >
          EACH / 2,
      );
    });

  test(`withdrawn by ${title}, and killed right after`, async (t) => {
    t.timeout(60_000);
    const scene = await setTheScene(t);
    const way = await makeWay(scene.life);
    await queue(scene, way);
    t.true([200, 204].includes(await way.refuse(scene.life)));
    const since = Date.now();
    await scene.life.kill();
    scene.life = await startLife(t, scene);
    await checkHeldBack(t, scene, since);
  });
}
