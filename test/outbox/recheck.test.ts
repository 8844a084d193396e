// The policy run again before sending, as a table.

import test from 'ava';
import type { Decision, Verdict } from '../../src/core/decision.ts';
import { NOTHING_ALLOWED, NOTHING_SAID } from '../../src/core/decision.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import { PermittedEvent } from '../../src/core/permitted.ts';
import type { ReasonCode } from '../../src/core/reasons.ts';
import { recheck } from '../../src/outbox/recheck.ts';
import type { RecheckPorts } from '../../src/outbox/recheck.ts';
import { permittedData, state } from '../support/events.ts';
import { destination, NOW, snapshot } from '../support/snapshot.ts';

const delivery = (anonymous = false): Delivery => ({
  kind: 'event',
  destination: 'ga4',
  admission: 'admission-1',
  event: 'event-1',
  facts: {
    site: 'shop',
    type: 'track',
    name: 'purchase',
    occurredAt: NOW,
    sensitive: false,
    switchedOff: [],
    consent: state(),
  },
  permitted: PermittedEvent.revive(permittedData({ anonymous })),
  subjects: ['s1'],
  receivedAt: NOW,
});

const decision = (verdict: Verdict, ...codes: readonly ReasonCode[]): Decision => ({
  destination: 'ga4',
  verdict,
  reasons: codes.map((code) => ({ code })),
  allowance: NOTHING_ALLOWED,
  notice: null,
});

const ports = (over: Partial<RecheckPorts> = {}): RecheckPorts => ({
  snapshot: () => snapshot(),
  decide: () => decision('forward', 'permitted'),
  narrow: ({ permitted }) => permitted,
  standingOf: () => NOTHING_SAID,
  freshAt: () => 5000,
  clock: { now: () => NOW, monotonic: () => 5000 },
  ...over,
});

const clockAt = (monotonic: number) => ({ clock: { now: () => NOW, monotonic: () => monotonic } });
const deciding = (...given: Parameters<typeof decision>) => ({ decide: () => decision(...given) });
const routes = (...list: readonly ReturnType<typeof destination>[]) => ({
  snapshot: () => snapshot({ destinations: list }),
});
const fails = (): never => {
  throw new Error('a bug');
};

const TABLE: readonly (readonly [string, Partial<RecheckPorts>, boolean, unknown])[] = [
  ['destination gone', routes(), false, { outcome: 'dropped', reason: 'destination_gone' }],
  [
    'destination switched off',
    routes(destination({ enabled: false })),
    false,
    { outcome: 'dropped', reason: 'destination_disabled' },
  ],
  [
    'blocked: the first reason',
    deciding('block', 'withdrawn', 'purpose_denied'),
    false,
    { outcome: 'withheld', reason: 'withdrawn' },
  ],
  ['blocked for no reason', deciding('block'), false, { outcome: 'withheld', reason: 'gate_failed' }],
  [
    'anonymous today, stored with ids',
    deciding('anonymous', 'purpose_unknown'),
    false,
    { outcome: 'withheld', reason: 'purpose_unknown' },
  ],
  ['stored anonymous, blocked today', deciding('block', 'gpc'), true, { outcome: 'withheld', reason: 'gpc' }],
  [
    'stored anonymous, a cohort today',
    deciding('cohort', 'purpose_unknown'),
    true,
    { outcome: 'withheld', reason: 'purpose_unknown' },
  ],
  [
    'stored anonymous, narrowed into something else',
    { narrow: () => PermittedEvent.revive(permittedData()) },
    true,
    { outcome: 'withheld', reason: 'gate_failed' },
  ],
  [
    'narrowed for another destination',
    { narrow: () => PermittedEvent.revive(permittedData({ destination: 'meta' })) },
    false,
    { outcome: 'withheld', reason: 'gate_failed' },
  ],
  ['deciding throws', { decide: fails }, false, { outcome: 'withheld', reason: 'gate_failed' }],
  ['narrowing throws', { narrow: fails }, false, { outcome: 'withheld', reason: 'gate_failed' }],
  ['facts older than a second', clockAt(6001), false, { wait: true }],
  ['facts of an unknown age', { freshAt: () => Number.NaN }, false, { wait: true }],
  [
    'gone and stale: nothing is needed to drop',
    { ...routes(), ...clockAt(9999) },
    false,
    {
      outcome: 'dropped',
      reason: 'destination_gone',
    },
  ],
];

for (const [title, over, anonymous, expected] of TABLE)
  test(`recheck: ${title}`, (t) => {
    t.deepEqual(recheck(delivery(anonymous), ports(over)) as unknown, expected);
  });

test('recheck: permitted still, sent as narrowed today', (t) => {
  const narrowed = PermittedEvent.revive(permittedData({ ids: {} }));
  const result = recheck(delivery(), ports({ narrow: () => narrowed, ...clockAt(6000) }));
  t.is('send' in result ? result.send : null, narrowed);
});

for (const verdict of ['anonymous', 'forward'] as const)
  test(`recheck: what was stored anonymous goes on when today says ${verdict}`, (t) => {
    const one = delivery(true);
    const result = recheck(one, ports(deciding(verdict, 'purpose_unknown')));
    t.is('send' in result ? result.send : null, one.permitted);
  });

test('recheck: judges by the stored facts, the standing of the subjects and the clock', (t) => {
  const standing = { objections: ['marketing'], deniedAt: { ga4: NOW } };
  const asked: unknown[] = [];
  recheck(
    delivery(),
    ports({
      standingOf: (subjects) => (subjects.includes('s1') ? standing : NOTHING_SAID),
      decide: ({ facts, destination, standing: given, now }) => {
        asked.push({ facts, destination, given, now });
        return decision('block', 'objected');
      },
    }),
  );
  t.deepEqual(asked, [{ facts: delivery().facts, destination: 'ga4', given: standing, now: NOW }]);
});
