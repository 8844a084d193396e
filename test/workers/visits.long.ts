// A worker that dies takes along what it knew of visits: what comes of them afterwards is masked whole, nobody waits in vain, and
// visits elsewhere go on.

import test from 'ava';
import { startGateway, until } from '../support/gateway.ts';
import { recordingRouting, send, startCollector, textOf, visits, willing } from './visits.ts';

test.serial('visits of a worker that died are masked, those of the other go on', async (t) => {
  const collector = await startCollector(t);
  const gateway = await startGateway(t, { workers: 2, routing: recordingRouting(collector.url) });
  const record = await willing(gateway);
  const all = visits(20);
  const sendAll = (sequence: number) =>
    Promise.all(all.map((visit) => send(gateway, { visit, sequence, record })));
  await sendAll(1);
  await sendAll(2);
  const [victim] = gateway.app.workers;
  await victim?.terminate();
  await until('another in its place', () => {
    const [now] = gateway.app.workers;
    return now !== victim && now?.listening === true;
  });
  for (const sequence of [3, 4])
    t.deepEqual(new Set((await sendAll(sequence)).map(({ status }) => status)), new Set([204]));
  // Of each visit, in order: did the words of each upload leave? Its first has none.
  const told = [...Map.groupBy(collector.arrived, ({ session }) => session).values()].map((uploads) =>
    uploads
      .map(({ sequence, body }) => `${sequence}${body.includes(textOf(sequence)) ? '' : ' masked'}`)
      .join(),
  );
  t.is(told.length, all.length, 'under the same pseudonyms');
  t.deepEqual([...new Set(told)].sort(), ['1 masked,2,3 masked,4 masked', '1 masked,2,3,4']);
});

test.serial('a worker that dies with uploads under way: whoever still waits is answered', async (t) => {
  const collector = await startCollector(t);
  const gateway = await startGateway(t, { workers: 2, routing: recordingRouting(collector.url) });
  const record = await willing(gateway);
  const all = visits(20);
  collector.hold();
  const sent = all.map((visit) =>
    send(gateway, { visit, sequence: 1, record }).then(
      ({ status }) => status,
      () => 'cut off',
    ),
  );
  await until('all of them at the collector', () => collector.held() === all.length);
  const started = performance.now();
  await gateway.app.workers[0]?.terminate();
  const unavailable = Promise.all(sent).then((ends) => ends.filter((end) => end === 503).length);
  await until('the other to have heard of it', async () => {
    collector.release();
    return (await Promise.race([unavailable, Promise.resolve(0)])) > 0;
  });
  t.true(performance.now() - started < 5000, 'long before the recorder would have given up');
  const ends = await Promise.all(sent);
  const count = (wanted: number | string): number => ends.filter((end) => end === wanted).length;
  t.is(count(204) + count(503) + count('cut off'), all.length);
  t.true(count(204) > 0 && count(503) > 0 && count('cut off') > 0, ends.join());
});
