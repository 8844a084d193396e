// A page visit that is recorded is known at one worker, whichever its uploads reach; and at one gateway: another that gets an upload
// of it masks all of it, and so does the first, which has missed one.

import test from 'ava';
import { startGateway } from '../support/gateway.ts';
import { recordingRouting, send, startCollector, textOf, uploadOf, visits, willing } from './visits.ts';
import type { Arrived } from './visits.ts';

const UPLOADS = [1, 2, 3];

/** In the order of arrival, by the visit that the vendor knows. */
const byVisit = (arrived: readonly Arrived[]): ReadonlyMap<string, readonly Arrived[]> =>
  Map.groupBy(arrived, ({ session }) => session);

test.serial('the uploads of a visit are known to each other, whichever worker they reach', async (t) => {
  const collector = await startCollector(t);
  const gateway = await startGateway(t, { workers: 2, routing: recordingRouting(collector.url) });
  const record = await willing(gateway);
  const all = visits(14);
  for (const sequence of UPLOADS) {
    const replies = await Promise.all(all.map((visit) => send(gateway, { visit, sequence, record })));
    t.deepEqual(
      replies.map(({ status, text }) => [status, text]),
      all.map(() => [204, '']),
    );
  }
  const known = byVisit(collector.arrived);
  t.is(known.size, all.length);
  for (const uploads of known.values()) {
    t.deepEqual(
      uploads.map(({ sequence }) => sequence),
      UPLOADS,
    );
    for (const { sequence, body } of uploads.slice(1)) t.true(body.includes(textOf(sequence)), body);
  }
  const bodies = collector.arrived.map(({ body }) => body).join('\n');
  t.false(all.some(({ user, session }) => bodies.includes(user) || bodies.includes(session)));
});

test.serial('a visit that changes gateways is masked from then on, under the same pseudonyms', async (t) => {
  const collector = await startCollector(t);
  const routing = recordingRouting(collector.url);
  const [one, other] = [await startGateway(t, { routing }), await startGateway(t, { routing })];
  const record = await willing(one);
  const [visit] = visits(1);
  if (visit === undefined) throw new Error('one was asked for');
  const steps = [
    { gateway: one, sequence: 1 },
    { gateway: one, sequence: 2 },
    { gateway: other, sequence: 3 },
    { gateway: one, sequence: 4 },
  ];
  for (const { gateway, sequence } of steps)
    t.is((await send(gateway, { visit, sequence, record })).status, 204);
  t.deepEqual(
    collector.arrived.map(({ sequence, body }) => [sequence, body.includes(textOf(sequence))]),
    [
      [1, false],
      [2, true],
      [3, false],
      [4, false],
    ],
  );
  t.true(uploadOf(visit, 3).includes(textOf(3)));
  t.is(new Set(collector.arrived.map(({ user, session }) => `${user} ${session}`)).size, 1);
});
