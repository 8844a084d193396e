import test from 'ava';
import type { Lease } from '../../src/core/delivery.ts';
import type { Built, DestinationType } from '../../src/core/plugin.ts';
import { chunks, plan, type Judged } from '../../src/delivery/batch.ts';
import { destination, NOW } from '../support/snapshot.ts';
import { delivery, echoType, request } from './support.ts';

const judged = (...names: readonly string[]): readonly Judged[] =>
  names.map((name, index) => {
    const item = delivery(name);
    const lease: Lease = { id: `${index}`, token: '', attempt: 1, firstAt: NOW, item };
    return { held: { lease, delivery: item, leaseEndsAt: 0 }, event: item.permitted };
  });

const context = { settings: {}, destination: destination({ endpoint: 'http://v.example' }), now: NOW };
const planned = (type: Partial<DestinationType>, ...names: readonly string[]) => {
  const { requests, ended } = plan(echoType(type), context, judged(...names));
  return {
    bodies: requests.map(({ request }) => request.body),
    riders: requests.map(({ riders }) => riders.map(({ held }) => held.delivery.facts.name)),
    ended: ended.map(({ held, outcome }) => [held.delivery.facts.name, outcome.name, outcome.code]),
  };
};
const echo = echoType();

test('a list is cut in order', (t) => {
  t.deepEqual(chunks([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  t.deepEqual(chunks([], 2), []);
  t.deepEqual(chunks([1, 2], 0), [[1], [2]]);
});

test('what is built together rides together, in order', (t) => {
  t.deepEqual(planned({}, 'a', 'b', 'c'), { bodies: ['a,b,c'], riders: [['a', 'b', 'c']], ended: [] });
  t.deepEqual(planned({}), { bodies: [], riders: [], ended: [] });
});

test('an event whose build throws ends alone, as poison', (t) => {
  const type: Partial<DestinationType> = {
    build: (events, context) => {
      if (events.some(({ data }) => data.name === 'bad')) throw new Error('a bug');
      return echo.build(events, context);
    },
  };
  t.deepEqual(planned(type, 'a', 'bad', 'c'), {
    bodies: ['a', 'c'],
    riders: [['a'], ['c']],
    ended: [['bad', 'poison', 'build_failed']],
  });
});

test('what a vendor can never take is rejected under the code that says why', (t) => {
  const type: Partial<DestinationType> = {
    build: (events) => ({
      requests: [request({ body: 'rest', events: [0, 2] })],
      refused: events.slice(1, 2).map(() => ({ index: 1, code: 'too_old' })),
    }),
  };
  t.deepEqual(planned(type, 'a', 'old', 'c'), {
    bodies: ['rest'],
    riders: [['a', 'c']],
    ended: [['old', 'rejected', 'too_old']],
  });
});

test('a body that is too large is halved until it fits; an event too large by itself is rejected', (t) => {
  const type: Partial<DestinationType> = { batch: { events: 10, bytes: 5 } };
  t.deepEqual(planned(type, 'aa', 'bb', 'cc', 'toolarge', 'ee'), {
    bodies: ['aa,bb', 'cc', 'ee'],
    riders: [['aa', 'bb'], ['cc'], ['ee']],
    ended: [['toolarge', 'rejected', 'request_too_large']],
  });
});

const WRONG: readonly (readonly [string, Built])[] = [
  ['forgets an event', { requests: [request({ events: [] })], refused: [] }],
  ['forgets every event', { requests: [], refused: [] }],
  ['sends an event twice', { requests: [request({ events: [0] }), request({ events: [0] })], refused: [] }],
  [
    'sends and refuses an event',
    { requests: [request({ events: [0] })], refused: [{ index: 0, code: 'x' }] },
  ],
  ['names an event that is not there', { requests: [request({ events: [7] })], refused: [] }],
  ['names a negative index', { requests: [request({ events: [-1] })], refused: [] }],
];
for (const [name, built] of WRONG)
  test(`a build that ${name} is a bug, and the event a dead letter`, (t) => {
    t.deepEqual(planned({ build: () => built }, 'a').ended, [['a', 'poison', 'build_failed']]);
  });
