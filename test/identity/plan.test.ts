// Plans are pure and remembered under all that they read.

import test from 'ava';
import { allowance, config, planOf, route } from './setting.ts';

test('the same input gives the same plan, a different one another', (t) => {
  const snapshot = config();
  const plan = planOf('ga4', { snapshot });
  t.is(planOf('ga4', { snapshot }), plan);
  t.not(planOf('ga4', { snapshot, anonymous: true }), plan);
  t.not(planOf('ga4', { snapshot, allowances: { ga4: allowance({ data: ['client_id'] }) } }), plan);
  t.not(planOf('ga4', { snapshot: config() }), plan);
});

test('a link’s plan depends on what its source may have', (t) => {
  const snapshot = config([
    route('hubspot', { links: [{ system: 'ga', as: null }] }),
    route('ga4', { ids: { client_id: 'keep' } }),
  ]);
  const linked = { hubspot: allowance({ links: ['ga'] }) };
  const treatment = (data: readonly string[]) =>
    planOf('hubspot', {
      snapshot,
      allowances: { ...linked, ga4: allowance({ data }) },
    }).links[0]?.from.rules.get('ga.client_id')?.treatment;
  t.is(treatment([]), 'pseudonymise');
  t.is(treatment(['client_id']), 'keep');
});

test('a treatment that makes no sense for a kind is not taken', (t) => {
  const snapshot = config([route('hubspot', { ids: { utk: 'pseudonymise' } })]);
  t.is(planOf('hubspot', { snapshot }).ids.rules.get('hubspot.utk')?.treatment, 'strip');
});
