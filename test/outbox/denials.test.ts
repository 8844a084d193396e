// Denials are stored only while they can hold something back, and remembered for a minute besides.

import test from 'ava';
import type { Facts } from '../../src/core/ports.ts';
import { Denials } from '../../src/outbox/denials.ts';
import { RecentDenials } from '../../src/outbox/recentDenials.ts';
import { memory } from '../../src/store/memory.ts';
import { manualClock, quiet } from '../store/admissions.ts';
import { NOW } from '../support/snapshot.ts';

async function denials(recentMs?: number) {
  const { facts } = await memory.open('memory:', { clock: manualClock(), log: quiet });
  return { facts, denials: await Denials.over(facts, { waitsFor: (name) => name !== 'log', recentMs }) };
}

/** What is stored of a subject, by the destinations that it was denied for. */
const stored = async (facts: Facts, subject: string) =>
  ((await facts.get(`denial/${subject}`))?.value as { destinations: object } | undefined)?.destinations ?? {};

const forgotten = async (said: Denials, subject: string): Promise<void> => {
  while (said.said.denied.has(subject)) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('a denial with nothing pending is in force at once, rests nowhere and is gone a little later', async (t) => {
  const { facts, denials: said } = await denials(10);
  const heard: unknown[] = [];
  said.said.onChange((change) => heard.push(change));
  const done = said.deny(['s1'], ['ga4'], NOW);
  t.deepEqual(said.standingOf(['s1']).deniedAt, { ga4: NOW });
  await done;
  await said.deny(['s2'], ['log'], NOW);
  t.deepEqual(said.standingOf(['s2']).deniedAt, {}, 'nothing waits for that one');
  t.deepEqual(await facts.list(''), []);
  t.false(said.remembers);
  await forgotten(said, 's1');
  t.deepEqual(said.standingOf(['s1']), { objections: [], deniedAt: {} });
  t.deepEqual(heard, [
    { subject: 's1', denied: { ga4: NOW } },
    { subject: 's1', denied: null },
  ]);
});

test('a denial outlives the last delivery that it was stored for, in memory', async (t) => {
  const { facts, denials: said } = await denials();
  said.opened(['s1'], 1);
  await said.deny(['s1'], ['clarity'], NOW);
  await said.ended(['s1'], 1);
  t.deepEqual(await facts.list(''), []);
  t.deepEqual(said.standingOf(['s1']).deniedAt, { clarity: NOW });
  said.stop();
});

test('what is stored outlives what is remembered, and the later no counts', async (t) => {
  const { denials: said } = await denials(10);
  said.opened(['s1'], 1);
  await said.deny(['s1'], ['ga4'], NOW + 5);
  await said.deny(['s1', 's2'], ['ga4', 'meta'], NOW);
  t.deepEqual(said.standingOf(['s1']).deniedAt, { ga4: NOW + 5, meta: NOW });
  await forgotten(said, 's2');
  t.deepEqual(said.standingOf(['s1']).deniedAt, { ga4: NOW + 5, meta: NOW });
});

test('a flood of denials pushes out the oldest, and all go in the end', async (t) => {
  const gone: string[] = [];
  const recent = new RecentDenials({ forgotten: (subject) => gone.push(subject), keepMs: 10, most: 3 });
  for (let i = 0; i < 7; i++) recent.add(`s${i}`, { ga4: i });
  t.deepEqual(gone, ['s0', 's1', 's2']);
  t.is(recent.get('s0'), undefined);
  for (const i of [3, 4, 5, 6]) t.deepEqual(recent.get(`s${i}`), { ga4: i });
  while (gone.length < 7) await new Promise((resolve) => setTimeout(resolve, 5));
  t.deepEqual(gone.toSorted(), ['s0', 's1', 's2', 's3', 's4', 's5', 's6']);
});

test('a denial counts for what is pending of any of its subjects, and goes with the last of it', async (t) => {
  const { facts, denials: said } = await denials();
  said.opened(['s1', 's2'], 2);
  t.true(said.hasPending('s1'));
  await said.deny(['s1', 's3'], ['ga4', 'meta'], NOW);
  await said.deny(['s1'], ['ga4'], NOW - 1000);
  await said.deny(['s2'], ['ga4'], NOW + 1000);
  await said.deny(['s1'], [], NOW);
  t.deepEqual(said.standingOf(['s1']), { objections: [], deniedAt: { ga4: NOW, meta: NOW } });
  t.deepEqual(said.standingOf(['s1', 's2']).deniedAt, { ga4: NOW + 1000, meta: NOW });
  t.deepEqual(await stored(facts, 's1'), { ga4: NOW, meta: NOW });
  t.deepEqual(await stored(facts, 's3'), {});
  await said.ended(['s1', 's2'], 1);
  t.is((await facts.list('denial/')).length, 2);
  await said.ended(['s1', 's2'], 1);
  t.deepEqual(await facts.list(''), []);
  t.false(said.remembers);
  said.stop();
});

test('concurrent denials of one subject are both kept', async (t) => {
  const { denials: said } = await denials();
  said.opened(['s1'], 1);
  await Promise.all([said.deny(['s1'], ['ga4'], NOW), said.deny(['s1'], ['meta'], NOW + 1)]);
  t.deepEqual(said.standingOf(['s1']).deniedAt, { ga4: NOW, meta: NOW + 1 });
});

test('what other processes write counts too, also objections, until taken back', async (t) => {
  const { facts, denials: said } = await denials();
  await facts.put('denial/s1', { destinations: { ga4: 5 } }, null);
  await facts.put('objection/s1', { purposes: ['marketing'] }, null);
  await facts.put('objection/s2', { purposes: ['profiling', 7] }, null);
  t.deepEqual(said.standingOf(['s1', 's2']), {
    objections: ['marketing', 'profiling'],
    deniedAt: { ga4: 5 },
  });
  await facts.put('objection/s1', null, null);
  await facts.put('denial/s1', null, null);
  t.deepEqual(said.standingOf(['s1']), { objections: [], deniedAt: {} });
  said.stop();
  await facts.put('objection/s1', { purposes: ['marketing'] }, null);
  t.deepEqual(said.standingOf(['s1']).objections, []);
});

test('hostile subjects and destinations are only names', async (t) => {
  const { denials: said } = await denials();
  said.opened(['__proto__', 'constructor'], 1);
  await said.deny(['__proto__'], ['__proto__', 'ga4'], NOW);
  t.is(said.standingOf(['__proto__']).deniedAt['ga4'], NOW);
  t.deepEqual(said.standingOf(['constructor']).deniedAt, {});
});

test('counting anew keeps denials of what is open and drops the others', async (t) => {
  const { facts, denials: said } = await denials();
  await facts.put('denial/open', { destinations: { ga4: 1 } }, null);
  await facts.put('denial/gone', { destinations: { ga4: 1 } }, null);
  said.opened(['open'], 2);
  await said.rebuild(
    (async function* () {
      yield ['open', 'other'];
      said.opened(['during'], 1);
      await said.ended(['open'], 1);
      yield ['other'];
    })(),
  );
  t.true(
    said.hasPending('open'),
    'what ends meanwhile is counted once too often rather than once too little',
  );
  t.true(said.hasPending('during'));
  t.deepEqual(
    (await facts.list('')).map(({ key }) => key),
    ['denial/open'],
  );
});
