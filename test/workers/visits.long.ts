// A worker that dies takes along what it knew of visits: what comes of them afterwards is masked whole, nobody waits in vain, and
// visits elsewhere go on.

import test from 'ava';
import { startGateway, until } from '../support/gateway.ts';
import { askAll, change } from './asks.ts';
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
  t.true(performance.now() - started < 10_000, 'long before the recorder would have given up');
  const ends = await Promise.all(sent);
  const count = (wanted: number | string): number => ends.filter((end) => end === wanted).length;
  t.is(count(204) + count(503) + count('cut off'), all.length);
  t.true(count(204) > 0 && count(503) > 0 && count('cut off') > 0, ends.join());
});

test.serial(
  'a no that one worker hears ends the recording, wherever the visit is known, for good',
  async (t) => {
    const collector = await startCollector(t);
    const gateway = await startGateway(t, { workers: 2, routing: recordingRouting(collector.url) });
    const people = await Promise.all(
      visits(14).map(async (visit) => ({ visit, record: await willing(gateway) })),
    );
    const sendAll = async (sequence: number, records: readonly string[]) => {
      const replies = await Promise.all(
        people.map(({ visit }, index) => send(gateway, { visit, sequence, record: records[index] ?? '' })),
      );
      return [...new Set(replies.map(({ status, text }) => `${status} ${text}`))];
    };
    /** The records that the pages have from then on. */
    const say = async (recording: boolean): Promise<readonly string[]> => {
      const asks = people.map(({ record }) =>
        change('PUT', record, { recording, marketing: true, profiling: true }),
      );
      return (await askAll(gateway, asks)).map((reply) => String(reply.json()['record']));
    };
    t.deepEqual(
      await sendAll(
        1,
        people.map(({ record }) => record),
      ),
      ['204 '],
    );
    t.deepEqual(await sendAll(2, await say(false)), ['200 END']);
    t.deepEqual(await sendAll(3, await say(true)), ['200 END'], 'what a refused visit withheld is gone');
    t.is(collector.arrived.length, people.length);
  },
);

test.serial('asked to stop, workers end what they took and what they were handed', async (t) => {
  const collector = await startCollector(t);
  const gateway = await startGateway(t, { workers: 2, routing: recordingRouting(collector.url) });
  const record = await willing(gateway);
  collector.hold();
  const all = visits(20);
  const statuses: number[] = [];
  const sent = all.map(async (visit) => {
    const { status } = await send(gateway, { visit, sequence: 1, record });
    statuses.push(status);
  });
  await until('all of them at the collector', () => collector.held() === all.length);
  const stopped = gateway.stop();
  await until('closed doors', async () => (await fetch(gateway.url).catch(() => null)) === null);
  // One after the other: most runs leave a worker with nothing but what it was handed.
  for (let answered = 1; answered <= all.length; answered += 1) {
    collector.releaseOne();
    await until('the next answer', () => statuses.length >= answered);
  }
  await Promise.all(sent);
  t.deepEqual(
    statuses,
    all.map(() => 204),
  );
  await stopped;
});

test.serial('asked to stop while the vendor says nothing, they do not wait for ever', async (t) => {
  const collector = await startCollector(t);
  const gateway = await startGateway(t, { workers: 2, routing: recordingRouting(collector.url) });
  const record = await willing(gateway);
  collector.hold();
  const all = visits(10);
  const sent = all.map((visit) =>
    send(gateway, { visit, sequence: 1, record }).then(
      ({ status }) => status,
      () => 'cut off',
    ),
  );
  await until('all of them at the collector', () => collector.held() === all.length);
  const { workers } = gateway.app;
  const begun = performance.now();
  await gateway.stop();
  t.true(performance.now() - begun < 20_000);
  t.deepEqual(await Promise.all(workers.map(({ ended }) => ended)), [null, null]);
  t.true((await Promise.all(sent)).every((end) => end !== 204));
});
