// What the gateway remembers of requests must not keep the requests alive: a piece cut out of a body is a view of all of it.

import test from 'ava';
import { good, goodEvent, settledSize, startTarget } from './target.ts';
import type { Target } from './target.ts';

const BODY = 1_500_000;
const REQUESTS = 40;
/** A third of the bodies together. */
const MAX_GROWTH = 20_000_000;

const post = ({ life, record }: Target, path: string, body: string) =>
  fetch(`${life.url}${path}`, {
    method: 'POST',
    headers: { origin: 'https://shop.example', cookie: `sluis_consent=${record}` },
    body,
  });

/** Everything that is remembered of a hit is new in each: its name, its ids and the name of its parameter. */
const line = (mark: number): string =>
  `en=event_name_of_its_own_${mark}&cid=${1_000_000_000 + mark}.1763900001&uid=user-of-its-own-${mark}&ep.parameter_of_its_own_${mark}=1`;

test('large bodies leave nothing behind but what was in their events', async (t) => {
  const target = await startTarget(t);
  const send = async (mark: number): Promise<void> => {
    const hit = await post(target, '/g/collect?v=2&tid=G-TEST00001', `${line(mark)}\n${' '.repeat(BODY)}`);
    const call = await post(target, '/v1/track', `${goodEvent(target.record, mark)}${' '.repeat(BODY)}`);
    t.deepEqual([hit.status, call.status], [204, 200]);
  };
  await send(0);
  const before = await settledSize(target.life);
  for (let mark = 1; mark <= REQUESTS; mark += 1) await send(mark);
  const after = await settledSize(target.life);
  const grown = after.heldBytes - before.heldBytes;
  t.true(grown < MAX_GROWTH, `${REQUESTS} pairs of bodies of ${BODY} bytes: ${grown} bytes are held`);
  t.is((await good(target, 9_999)).status, 200);
});
