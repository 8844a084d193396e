// The mapping from signals to purposes: what ships, what a file adds, and what may grant an explicit purpose.

import test from 'ava';
import { buildMapping, builtInTable, purposesOf } from '../../src/config/purposes.ts';
import { CONSENT_READERS } from '../../src/consent/index.ts';
import { BUILT_IN_PURPOSES, isExplicit } from '../../src/core/consent.ts';
import { mapping as assumed } from '../support/snapshot.ts';

const build = (purposes: Record<string, Record<string, string[]>> = {}) =>
  buildMapping({ purposes, cookies: {} }, []);

test('the shipped mapping knows every built-in purpose and only sources that are read', (t) => {
  const table = builtInTable();
  t.deepEqual(Object.keys(table).sort(), [...BUILT_IN_PURPOSES].sort());
  const sources: readonly string[] = CONSENT_READERS.map((reader) => reader.source);
  for (const rows of Object.values(table))
    t.deepEqual(
      Object.keys(rows).filter((source) => !sources.includes(source)),
      [],
    );
});

test('the shipped mapping never reaches a purpose that must be asked for by name', (t) => {
  for (const purposes of Object.values(build().sources))
    t.deepEqual(Object.keys(purposes).filter(isExplicit), []);
});

test('tests assume of TCF and consent mode what ships', (t) => {
  const { sources } = build();
  t.deepEqual(sources['tcf'], assumed().sources['tcf']);
  t.deepEqual(sources['gcm'], assumed().sources['gcm']);
});

test('a list in the file replaces the built-in one of its source, and no other', (t) => {
  const { sources } = build({ analytics: { onetrust: ['C0009', 'C0009'] } });
  t.deepEqual(sources['onetrust']?.['analytics'], ['C0009']);
  t.deepEqual(sources['onetrust']?.['marketing'], ['C0004']);
  t.deepEqual(sources['cookiebot']?.['analytics'], ['statistics']);
});

test('an empty list makes the source silent instead of granting for nothing', (t) => {
  const { sources } = build({ analytics: { onetrust: [] } });
  t.false(Object.hasOwn(sources['onetrust'] ?? {}, 'analytics'));
});

test('a category stands alone if one purpose asks for it and for nothing else', (t) => {
  const { sole } = build({
    recording: { cookieconsent: ['replay'], klaro: ['a', 'b'] },
    profiling: { onetrust: ['C0009'] },
    support: { onetrust: ['C0009'], klaro: ['chat'] },
  });
  t.true(sole.has('cookieconsent:replay'));
  t.true(sole.has('klaro:chat'));
  t.false(sole.has('klaro:a'));
  t.false(sole.has('onetrust:C0009'));
  t.false([...sole].some((each) => /^(?:tcf|gcm|gpp):/.test(each)));
});

test('vendors are those that destinations name, once each', (t) => {
  const { vendors } = buildMapping({ purposes: {}, cookies: {} }, [
    { vendor: { tcf: '755', klaro: 'ga4' } },
    { vendor: { tcf: '755' } },
    { vendor: { tcf: '10' } },
  ]);
  t.deepEqual(vendors, { tcf: ['10', '755'], klaro: ['ga4'] });
});

test('the digest covers all of it', (t) => {
  const base = build().digest;
  t.is(build().digest, base);
  t.not(build({ analytics: { klaro: ['x'] } }).digest, base);
  t.not(buildMapping({ purposes: {}, cookies: { klaro: 'k' } }, []).digest, base);
  t.not(buildMapping({ purposes: {}, cookies: {} }, [{ vendor: { tcf: '1' } }]).digest, base);
});

test('a file adds purposes, but none by a name that cannot be one', (t) => {
  t.deepEqual(purposesOf(['support', 'analytics', 'No Good']), [...BUILT_IN_PURPOSES, 'support']);
});
