// Denials are kept only while they can hold something back.

import test from 'ava';
import { Denials } from '../../src/outbox/denials.ts';
import { memory } from '../../src/store/memory.ts';
import { manualClock, quiet } from '../store/admissions.ts';
import { NOW } from '../support/snapshot.ts';

async function denials() {
  const { facts } = await memory.open('memory:', { clock: manualClock(), log: quiet });
  return { facts, denials: await Denials.over(facts) };
}

test('a denial with nothing pending leaves nothing behind', async (t) => {
  const { facts, denials: said } = await denials();
  await said.deny(['s1'], ['ga4'], NOW);
  t.deepEqual(await facts.list(''), []);
  t.deepEqual(said.standingOf(['s1']), { objections: [], deniedAt: {} });
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
  t.deepEqual(said.standingOf(['s3']).deniedAt, {});
  await said.ended(['s1', 's2'], 1);
  t.is((await facts.list('denial/')).length, 2);
  await said.ended(['s1', 's2'], 1);
  t.deepEqual(await facts.list(''), []);
  t.deepEqual(said.standingOf(['s1', 's2']).deniedAt, {});
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
