// Signed consent records: only ours open, old keys still do, and a record of one site is worth nothing at another.

import { createHmac } from 'node:crypto';
import test from 'ava';
import { Secret } from '../../src/core/secret.ts';
import type { ConsentRecord } from '../../src/core/ports.ts';
import { record, recordKeeper } from '../../src/consent/record.ts';
import { noConsent } from '../support/events.ts';
import { site } from '../support/snapshot.ts';
import { context, SECRETS } from './context.ts';

const OLDER = { id: 'k0', value: new Secret('an older secret of at least thirty-two characters') };
const NEWER = { id: 'k2', value: new Secret('a newer secret of at least thirty-two characters') };

const given: ConsentRecord = {
  id: '0b5f8a52-6d3e-4c1a-9d7b-2f1e0c9a8b77',
  site: 'shop',
  notice: '2026-05',
  givenAt: Date.parse('2026-06-01T10:00:00Z'),
  purposes: { analytics: true, marketing: false, profiling: true },
};

const keeper = recordKeeper(SECRETS);
const token = keeper.issue(given);

const read = (text: string, over: Parameters<typeof context>[0] = {}) =>
  record.read(noConsent({ consent: { record: text } }), context(over));

test('what was issued opens to the same record', (t) => t.deepEqual(keeper.open(token), given));

test('a token fits a cookie and needs no encoding in one', (t) => {
  t.regex(token, /^v1\.k1\.[\w-]+\.[\w-]{43}$/);
  t.true(token.length < 600);
});

test('the current secret issues, every secret opens', (t) => {
  const rotated = recordKeeper([NEWER, ...SECRETS, OLDER]);
  t.deepEqual(rotated.open(token), given);
  t.deepEqual(rotated.open(recordKeeper([OLDER]).issue(given)), given);
  t.true(rotated.issue(given).startsWith('v1.k2.'));
});

test('a secret that is gone opens nothing', (t) => t.is(recordKeeper([NEWER]).open(token), null));

test('the same key id with another secret opens nothing', (t) =>
  t.is(recordKeeper([{ id: 'k1', value: NEWER.value }]).open(token), null));

test('a key id with dots', (t) => {
  const dotted = recordKeeper([{ id: '2026.05.k', value: NEWER.value }]);
  t.deepEqual(dotted.open(dotted.issue(given)), given);
});

test('no character can be changed', (t) => {
  for (let index = 0; index < token.length; index += 1) {
    const changed = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`;
    t.is(keeper.open(changed), null, `at ${index}`);
  }
});

test('nothing can be added or cut off', (t) => {
  for (const text of [
    '',
    '.',
    'v1',
    'v1.k1',
    'v1.k1..',
    `${token}A`,
    `${token}=`,
    `${token}.`,
    ` ${token}`,
    `${token}\n`,
    token.slice(0, -1),
    token.slice(1),
    `v1.${token}`,
    `${token}${'A'.repeat(5000)}`,
  ])
    t.is(keeper.open(text), null, JSON.stringify(text.slice(0, 20)));
});

test('the gateway’s secret itself does not sign records', (t) => {
  const signed = token.slice(0, token.lastIndexOf('.'));
  const secret = SECRETS[0]?.value.reveal() ?? '';
  const mac = createHmac('sha256', secret).update(signed).digest('base64url');
  t.is(keeper.open(`${signed}.${mac}`), null);
});

test('a signed payload of the wrong shape does not open', (t) => {
  // issue writes what it is given, so it can be made to sign nonsense
  for (const broken of [
    { purposes: { analytics: 'yes' } },
    { purposes: [] },
    { givenAt: 'now' },
    { givenAt: 5 },
    { notice: null },
    { site: 7 },
    { id: {} },
  ]) {
    const nonsense = { ...given, ...broken } as unknown as ConsentRecord;
    t.is(keeper.open(keeper.issue(nonsense)), null, JSON.stringify(broken));
  }
});

test('a signed record grants by name, dated and under its notice', (t) => {
  const [claim, ...more] = read(token);
  t.deepEqual(more, []);
  t.like(claim, {
    source: 'record',
    purposes: { analytics: 'granted', marketing: 'denied', profiling: 'granted' },
    byName: ['analytics', 'profiling'],
    notice: '2026-05',
    dated: { at: given.givenAt, precision: 'instant' },
    unreadable: null,
  });
});

test('in the cookie it says the same, and twice the same token is one claim', (t) => {
  const cookies = { sluis_consent: [token, token] };
  const [claim, ...more] = record.read(noConsent({ cookies }), context());
  t.deepEqual(more, []);
  t.deepEqual(claim?.byName, ['analytics', 'profiling']);
  t.is(record.read(noConsent({ consent: { record: token }, cookies }), context()).length, 1);
});

test('a token of another site denies everything here', (t) => {
  const [claim] = read(keeper.issue({ ...given, site: 'blog' }));
  t.is(claim?.unreadable, 'record_other_site');
  t.false(Object.values(claim?.purposes ?? {}).includes('granted'));
  t.deepEqual(claim?.byName, []);
  t.is(read(token, { site: site({ name: 'blog' }) })[0]?.unreadable, 'record_other_site');
});

test('a forged token denies every purpose, those of the mapping too', (t) => {
  const [claim] = read(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, {
    purposes: ['analytics', 'selling'],
  });
  t.is(claim?.unreadable, 'record_forged');
  t.is(claim?.purposes['selling'], 'denied');
  t.is(claim?.purposes['recording'], 'denied');
});

test('more different cookies than a browser holds are not opened one by one', (t) => {
  let opened = 0;
  const tokens = Array.from({ length: 100 }, (_, index) => keeper.issue({ ...given, id: `r${index}` }));
  const openRecord = (each: string) => {
    opened += 1;
    return keeper.open(each);
  };
  const claims = record.read(noConsent({ cookies: { sluis_consent: tokens } }), context({ openRecord }));
  t.is(opened, 0);
  t.deepEqual(
    claims.map(({ unreadable, purposes }) => [unreadable, purposes['analytics']]),
    [['record_malformed', 'denied']],
  );
});

test('the cookie and a different token of the event are a claim each', (t) => {
  const other = keeper.issue({ ...given, purposes: { analytics: false } });
  const claims = record.read(
    noConsent({ consent: { record: other }, cookies: { sluis_consent: [token] } }),
    context(),
  );
  t.deepEqual(
    claims.map((claim) => claim.purposes['analytics']),
    ['denied', 'granted'],
  );
});

test('without a secret nothing is issued', (t) => {
  t.throws(() => recordKeeper([]).issue(given), { message: /no secret/ });
});
