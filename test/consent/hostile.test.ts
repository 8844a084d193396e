// Hostile input: reading takes a number of steps bounded by the length of the string, nothing is listed without a budget, and
// no shape of input makes a reader throw or grant.

import test from 'ava';
import * as fc from 'fast-check';
import type { ConsentInput } from '../../src/core/consent.ts';
import type { ConsentReader } from '../../src/core/plugin.ts';
import type { Json } from '../../src/core/json.ts';
import { CONSENT_READERS } from '../../src/consent/index.ts';
import { readSignal } from '../../src/consent/signal.ts';
import { listingOf } from '../../src/consent/tcfListing.ts';
import { decodeTcString, MAX_TC_CHARS } from '../../src/consent/tcfString.ts';
import { noConsent } from '../support/events.ts';
import { compose, composed, coreOf, disclosedOf, NOBODY } from './composer.ts';
import type { Range } from './composer.ts';
import { context } from './context.ts';

const EVERYBODY = { kind: 'ranges', maxId: 65_535, ranges: [[1, 65_535]] } as const;
/** Reads of a string that ends early: each fixed field is tried once. */
const FIELDS = 40;
const wide: readonly Range[] = [[1, 65_535]];
const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);

/** Every second id: as many ranges as a section can hold. */
const scattered = (count: number) =>
  ({
    kind: 'ranges',
    maxId: 65_535,
    ranges: Array.from({ length: count }, (_, index): Range => [2 * index + 1, 2 * index + 1]),
  }) as const;

const bomb = compose(
  composed({
    vendorConsents: EVERYBODY,
    vendorInterests: EVERYBODY,
    disclosed: null,
    restrictions: times(440, { purpose: 2, type: 0, ranges: wide }),
  }),
);

const hostile: Readonly<Record<string, string>> = {
  'every id in one range': compose(composed({ vendorConsents: EVERYBODY, disclosed: EVERYBODY })),
  '440 restrictions over every id': bomb,
  'a range that repeats itself': coreOf(
    composed({ vendorConsents: { ...EVERYBODY, ranges: times(700, [1, 65_535] as const) } }),
  ),
  'a thousand scattered ids': compose(composed({ vendorConsents: scattered(1300) })),
  'a hundred disclosed segments': [coreOf(composed()), ...times(100, disclosedOf(EVERYBODY))].join('.'),
  'a count of entries with nothing behind it': coreOf(composed()).slice(0, 39) + '_'.repeat(20),
  'all ones': `C${'_'.repeat(4095)}`,
  'all zeros': `C${'A'.repeat(4095)}`,
  'dots only': '.'.repeat(16_384),
  '16 KB of a valid start': bomb.padEnd(16_384, 'A'),
  '16 KB of ones': '_'.repeat(16_384),
};

for (const [name, text] of Object.entries(hostile)) {
  test(`a bounded number of steps: ${name}`, (t) => {
    const { steps } = decodeTcString(text);
    // every character is looked at once, and a field has at least one bit
    t.true(
      steps <= Math.min(text.length, MAX_TC_CHARS) * 7 + FIELDS,
      `${steps} steps for ${text.length} characters`,
    );
  });
  test(`listed within its budget or not at all: ${name}`, (t) => {
    const result = decodeTcString(text);
    const listing = result.ok ? listingOf(result.value) : null;
    const listed = listing === null ? 0 : JSON.stringify(listing).match(/\d+/g)!.length;
    t.true(listed <= 200_000 + 200, `${listed} numbers`);
  });
}

test('the steps of any string are bounded by its length', (t) => {
  const letters = fc.constantFrom(...'ABCIQY_.-z'.split(''));
  const texts = fc.array(letters, { maxLength: 400 }).map((each) => `C${each.join('')}`);
  fc.assert(
    fc.property(texts, (text) => decodeTcString(text).steps <= text.length * 7 + FIELDS),
    { numRuns: 1000 },
  );
  t.pass();
});

test('a range over every id is legal and shown in full', (t) => {
  const report = readSignal(
    { tcf: compose(composed({ vendorConsents: EVERYBODY, disclosed: EVERYBODY })) },
    context(),
  );
  t.true(report.ok);
  const { vendorConsents, vendorsDisclosed } = report.decoded as Record<string, readonly number[]>;
  t.is(vendorConsents?.length, 65_535);
  t.is(vendorsDisclosed?.at(-1), 65_535);
});

test('more ids than can be listed are refused by name, not shown in part', (t) => {
  const restrictions = Array.from({ length: 10 }, (_, index) => ({
    purpose: index + 1,
    type: 1,
    ranges: wide,
  }));
  const report = readSignal({ tcf: compose(composed({ restrictions, disclosed: NOBODY })) }, context());
  t.false(report.ok);
  t.is(report.ok ? '' : report.code, 'tcf_too_many_vendors');
});

const json: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 4 }).map((value) => value as Json);
const words = fc.constantFrom(
  'tcf',
  'ac',
  'gcs',
  'gcd',
  'gcm',
  'gpc',
  'usPrivacy',
  'categoryPreferences',
  'categoryPreference',
  'record',
  'purposes',
  'givenAt',
  'notice',
  'allowedConsentIds',
  'deniedConsentIds',
  '__proto__',
  'constructor',
);
const values = fc.oneof(
  json,
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '\ud800',
    '\0',
    '%',
    '%E0%A4%A',
    '{',
    '{"',
    "{a:'",
    'v1...',
    'C',
    '1YYN',
    'G1',
    '13r3r3r2r5l1',
  ),
);
const objects = fc
  .array(fc.tuple(words, values), { maxLength: 6 })
  .map((pairs): Json =>
    JSON.parse(
      `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
    ),
  );
const cookieNames = (CONSENT_READERS as readonly ConsentReader[]).flatMap(({ cookies }) =>
  cookies.map(String),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  json.map((value) => JSON.stringify(value)),
  json.map((value) => encodeURIComponent(JSON.stringify(value).replaceAll(/[\ud800-\udfff]/g, ''))),
);

const inputs: fc.Arbitrary<ConsentInput> = fc.record({
  consent: fc.oneof(objects, json),
  consentManagement: fc.oneof(objects, json),
  query: fc.dictionary(fc.constantFrom('gdpr_consent', 'addtl_consent', 'us_privacy', 'gcs', 'gcd'), texts),
  secGpc: fc.option(texts),
  cookies: fc.dictionary(fc.constantFrom(...cookieNames), fc.array(texts, { maxLength: 3 })),
  fromServer: fc.boolean(),
});

test('no reader throws, and every claim survives a round trip through JSON', (t) => {
  const given = context();
  fc.assert(
    fc.property(inputs, (input) => {
      for (const reader of CONSENT_READERS)
        for (const claim of reader.read(input, given))
          t.deepEqual(JSON.parse(JSON.stringify(claim)), claim as unknown, reader.source);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('no line of signals throws, and a refused one grants nothing', (t) => {
  const line = fc.oneof(
    json,
    fc.dictionary(fc.constantFrom('tcf', 'ac', 'gpp', 'gcs', 'gcd', 'cookie', 'gpc', 'us_privacy'), values),
  );
  const given = context();
  fc.assert(
    fc.property(line, (each) => {
      const report = readSignal(each, given);
      return report.ok || Object.keys(report.purposes).length === 0;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('names of an object reach no prototype', (t) => {
  const consent = JSON.parse(
    '{"__proto__":{"gpc":true,"tcf":"x","record":{"purposes":{"analytics":true}}}}',
  ) as Json;
  for (const reader of CONSENT_READERS)
    t.deepEqual(reader.read(noConsent({ consent }), context()), [], reader.source);
  t.is(({} as Record<string, unknown>)['gpc'], undefined);
});
