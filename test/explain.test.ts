// What `explain` takes and tells: every form of a line, the clock it is judged by, and the shape of the answer.

import test from 'ava';
import { explainContext } from '../src/app.ts';
import { GatewayError } from '../src/core/errors.ts';
import { explain } from '../src/explain.ts';
import type { ExplainContext, Explained } from '../src/explain.ts';
import { clarity, routing } from './support/recordings.ts';
import { replay } from './support/replay.ts';
import { DAY, NOW, destination, disclosure, notice, site, snapshot } from './support/snapshot.ts';

const ga4 = destination({
  settings: { measurementId: 'G-ABC123', apiSecret: null, region: 'eu', transport: 'auto' },
});
const context: ExplainContext = explainContext(
  snapshot({
    sites: [site({ records: 'inline' })],
    notices: [notice({ discloses: { ga4: disclosure() } })],
    destinations: [ga4],
  }),
);

const AT = '2026-11-10T08:00:00.000Z';
const record = (givenAt: string) => ({
  record: { notice: '2026-05', givenAt, purposes: { analytics: true } },
});
const event = (over: Readonly<Record<string, unknown>> = {}) => ({
  type: 'track',
  event: 'Order Completed',
  anonymousId: 'anonymous-1',
  timestamp: AT,
  context: { consent: record('2026-11-09T00:00:00Z') },
  ...over,
});
const http = (over: Readonly<Record<string, unknown>>) => ({
  http: { method: 'POST', path: '/v1/track', headers: { Origin: 'https://shop.example' }, ...over },
});

const told = (line: unknown): Explained => {
  const [first] = explain(line, context, NOW);
  if (first === undefined) throw new Error('nothing was told');
  return first;
};
const times = ({ event: { occurredAt, receivedAt } }: Explained) => [occurredAt, receivedAt];
const codes = (each: Explained) => each.decisions.flatMap(({ reasons }) => reasons.map(({ code }) => code));

const body = event();
for (const [name, line] of [
  ['a bare native event', body],
  ['an event', { event: body }],
  ['a request with a body of JSON', http({ body })],
  ['a request with a body of text', http({ body: JSON.stringify(body) })],
  ['a method in lower case', http({ method: 'post', body })],
  ['a batch', http({ path: '/v1/batch', body: { batch: [body] } })],
] as const)
  test(`${name} is judged by the event's own time where the line gives no other`, (t) => {
    const answer = told(line);
    t.deepEqual(times(answer), [AT, AT]);
    t.deepEqual(codes(answer), ['permitted']);
  });

test('a batch judges each event by its own time', (t) => {
  const later = '2026-11-20T00:00:00.000Z';
  const consent = record('2026-11-19T23:50:00Z');
  const batch = [event({ context: { consent } }), event({ timestamp: later, context: { consent } })];
  const answers = explain(http({ path: '/v1/batch', body: { batch } }), context, NOW);
  t.deepEqual(
    answers.map((each) => [each.event.occurredAt, codes(each)[0]]),
    [
      [AT, 'before_consent'],
      [later, 'permitted'],
    ],
  );
});

test('the time of sending corrects nothing when it is the only clock', (t) => {
  t.is(told(event({ sentAt: '2026-11-10T08:00:07.000Z' })).event.occurredAt, AT);
});

test('`receivedAt` of the line is the clock', (t) => {
  const late = new Date(Date.parse(AT) + 400 * DAY).toISOString();
  t.deepEqual(codes(told({ event: event({ timestamp: late }), receivedAt: late })), ['consent_expired']);
  t.deepEqual(times(told({ event: body, receivedAt: '2026-11-10T08:05:00Z' })), [
    AT,
    '2026-11-10T08:05:00.000Z',
  ]);
});

test('a time that cannot be believed is clamped and marked', (t) => {
  const marked = (timestamp: string) => {
    const { occurredAt, clock } = told({ event: event({ timestamp }), receivedAt: AT }).event;
    return [occurredAt, clock];
  };
  t.deepEqual(marked('2026-11-10T09:00:00.000Z'), [AT, 'clamped_future']);
  t.deepEqual(marked('2019-01-01T00:00:00.000Z'), ['2000-01-01T00:00:00.000Z', 'clamped_past']);
  t.deepEqual(marked(AT), [AT, 'client']);
});

test('events of the Measurement Protocol have a time of their own too', (t) => {
  const hit = {
    client_id: '1837402915.1763900001',
    timestamp_micros: Date.parse(AT) * 1000,
    events: [{ name: 'purchase' }],
  };
  const query = { measurement_id: 'G-ABC123', api_secret: 'shop-web' };
  t.deepEqual(times(told(http({ path: '/mp/collect', query, body: hit }))), [AT, AT]);
});

test('a hit without any time is judged by the clock at hand, its query as an object or a string', (t) => {
  const query = { v: '2', tid: 'G-ABC123', cid: '1837402915.1763900001', en: 'page_view' };
  for (const each of [query, new URLSearchParams(query).toString()]) {
    const answer = told(http({ method: 'GET', path: '/g/collect', query: each }));
    t.deepEqual([answer.event.name, answer.event.receivedAt], ['page_view', new Date(NOW).toISOString()]);
  }
});

test('the answer has the shape that others build on', (t) => {
  const answer = told(body);
  t.deepEqual(Object.keys(answer), ['event', 'consent', 'decisions']);
  t.deepEqual(answer.consent.sources, ['record']);
  t.is(answer.consent.notice, '2026-05');
  const [decision] = answer.decisions;
  t.deepEqual(Object.keys(decision ?? {}), ['destination', 'verdict', 'reasons', 'treatments', 'requests']);
  t.is(decision?.verdict, 'forward');
});

test('a grant that no longer counts is not told as one', (t) => {
  const answer = told(event({ context: { consent: record('2025-10-01T00:00:00Z') } }));
  t.is(answer.consent.purposes['analytics'], 'unknown');
  t.is(answer.consent.notice, null);
});

test('what the gateway would refuse is refused here', (t) => {
  for (const line of [
    null,
    5,
    [],
    {},
    { event: {} },
    http({ path: '/nowhere' }),
    { event: body, site: 'no' },
  ])
    t.throws(() => explain(line, context, NOW), { instanceOf: GatewayError });
});

const two = explainContext(
  snapshot({
    sites: [site({ records: 'inline' })],
    notices: [notice({ discloses: { ga4: disclosure(), second: disclosure() } })],
    destinations: [ga4, destination({ name: 'second', type: 'log', audience: 'own', system: 'site' })],
  }),
);
for (const [integrations, off] of [
  [{ All: false }, ['ga4', 'second']],
  [{ All: false, GA4: true }, ['second']],
  [{ All: false, log: true }, ['ga4']],
  [{ All: true, log: false }, ['second']],
  [{ second: false, log: true }, ['second']],
  [{ 'jan@shop.example': false }, []],
  [{ All: { on: true } }, []],
] as const)
  test(`integrations ${JSON.stringify(integrations)} take away ${off.join(' and ') || 'nothing'}`, (t) => {
    const [answer] = explain(event({ integrations }), two, NOW);
    const blocked = answer?.decisions.filter(({ reasons }) => reasons[0]?.code === 'integration_off') ?? [];
    t.deepEqual(
      blocked.map((each) => each.destination),
      off,
    );
  });

const recording: ExplainContext = { ...explainContext(routing()), formats: [replay] };
const signed = recording.records.issue({
  id: 'record-1',
  site: 'shop',
  notice: '2026-05',
  givenAt: NOW - 60_000,
  purposes: { recording: true, marketing: true, profiling: true },
});
const uploaded = (
  upload: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
) =>
  http({
    path: '/clarity/collect',
    headers: { origin: 'https://shop.example', ...headers },
    body: upload,
  });

test('an upload of a recording is told like an event, with the request that would leave', (t) => {
  const cookie = `sluis_consent=${signed}; _ga=GA1.2.1837402915.1763900001`;
  const [answer] = explain(uploaded({ words: ['boots'] }, { cookie }), recording, NOW);
  t.like(answer, {
    event: {
      site: 'shop',
      type: 'recording',
      name: 'recording',
      occurredAt: new Date(NOW - 500).toISOString(),
      clock: 'received',
      receivedAt: new Date(NOW).toISOString(),
    },
    consent: { notice: '2026-05', sources: ['record'] },
  });
  t.is(answer?.consent.purposes['recording'], 'granted');
  const [decision, ...others] = answer?.decisions ?? [];
  t.deepEqual(others, []);
  t.like(decision, { destination: 'clarity', verdict: 'forward' });
  t.deepEqual(
    decision?.treatments.map(({ path, treatment }) => [path, treatment]),
    [
      ['ids.clarity.user_id', 'pseudonymise'],
      ['ids.clarity.session_id', 'pseudonymise'],
      ['recording.text', 'replace'],
    ],
  );
  const [request] = decision?.requests ?? [];
  t.like(request, {
    method: 'POST',
    url: 'https://k.clarity.ms/collect',
    headers: { 'content-type': 'text/plain;charset=UTF-8', origin: 'https://shop.example' },
  });
  t.like(JSON.parse(request?.body ?? ''), { words: ['boots'], text: 'strict' });
  t.false(JSON.stringify(answer).includes('lrr4fn'));
});

test('an upload that is refused is told with its reasons, and one of a visit in the middle is masked', (t) => {
  const [refused] = explain(uploaded({ words: ['boots'] }), recording, NOW);
  t.deepEqual(refused?.decisions[0]?.verdict, 'block');
  t.deepEqual([...new Set(codes(refused as Explained))], ['purpose_unknown']);
  t.deepEqual(refused?.decisions[0]?.requests, []);
  const cookie = `sluis_consent=${signed}`;
  const [later] = explain(uploaded({ sequence: 4, words: ['boots'] }, { cookie }), recording, NOW);
  t.like(JSON.parse(later?.decisions[0]?.requests[0]?.body ?? ''), { words: ['•••••'] });
});

test('what the gateway would not read of a recording is refused here', (t) => {
  for (const body of ['nonsense', '', 'x'.repeat(200_000), { project: 'zzzzzzzzzz' }])
    t.throws(() => explain(http({ path: '/clarity/collect', body }), recording, NOW), {
      instanceOf: GatewayError,
    });
  t.throws(() => explain(http({ method: 'GET', path: '/clarity/collect' }), recording, NOW));
});

test('an event leaves recorders out', (t) => {
  const [answer] = explain(
    event(),
    { ...recording, snapshot: routing({ destinations: [clarity(), ga4] }) },
    NOW,
  );
  t.deepEqual(
    answer?.decisions.map((each) => each.destination),
    ['ga4'],
  );
});
