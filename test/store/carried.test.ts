// What a worker hands over is what would have been appended here: the same rows, the same ledger, the same deliveries; also where
// the owner keeps only some of the events.

import test from 'ava';
import type { Admission, Store } from '../../src/core/ports.ts';
import { admittedEntries } from '../../src/store/ledger.ts';
import { memory } from '../../src/store/memory.ts';
import { encode } from '../../src/store/record.ts';
import { permittedData } from '../support/events.ts';
import { admission, carried, event, manualClock, quiet } from './admissions.ts';
import { conforms } from './conformance.ts';

/** The same store, given everything as from another thread. */
async function opened(surroundings: Parameters<typeof memory.open>[1]) {
  const { store, facts } = await memory.open('memory:', surroundings);
  const append: Store['append'] = (admissions) => store.append(admissions.map(carried));
  return { store: Object.assign(Object.create(store) as Store, bound(store), { append }), facts }; // its own methods, but one
}

/** Methods that work on whatever they are called on. */
const bound = (store: Store): Partial<Store> => ({
  find: (query) => store.find(query),
  erase: (subjects) => store.erase(subjects),
  entries: (query) => store.entries(query),
  prune: (keep) => store.prune(keep),
  close: () => store.close(),
});

conforms(test, 'carried', () =>
  Promise.resolve({
    open: opened,
    tamper: () => Promise.reject(new Error('nothing rests')),
    forgets: 'memory holds nothing beyond its process',
    bytes: () => Promise.resolve(Buffer.alloc(0)),
    clean: () => Promise.resolve(),
  }),
);

const many = (): Admission =>
  admission({
    events: [
      event({ dedupe: 'one', destinations: ['ga4', 'hubspot'], canary: 'first' }),
      event({ dedupe: 'two', destinations: ['hubspot'] }),
      event({ destinations: ['meta'], data: permittedData({ destination: 'meta', anonymous: true }) }),
    ],
  });

test('its rows and what the ledger is told of it are those that are made here', (t) => {
  for (const one of [
    admission(),
    many(),
    admission({ events: Array.from({ length: 100 }, () => event()) }),
  ]) {
    const there = carried(one);
    t.deepEqual(
      encode(there, there.events).map(({ head, body, check, schema, told }) => ({
        head,
        body,
        check,
        schema,
        told,
      })),
      encode(one, one.events),
    );
    t.deepEqual(admittedEntries(there, there.events), admittedEntries(one, one.events));
  }
});

test('what is read of it is what it was made of', (t) => {
  const one = many();
  const there = carried(one);
  const plain = ({ id, site, intake, receivedAt, config, subjects, consent, events }: Admission) => ({
    id,
    site,
    intake,
    receivedAt,
    config,
    subjects,
    consent: { claims: consent.claims, label: consent.label, readAt: consent.readAt },
    events: events.map(({ id: its, dedupe, facts, destinations, permitted, fields }) => ({
      id: its,
      dedupe,
      facts,
      destinations,
      fields,
      permitted: permitted.map(({ data }) => ({ ...data, kept: data.kept })),
    })),
  });
  t.deepEqual(plain(there), plain(one));
});

test('of which only some events are kept, just those rest', async (t) => {
  const { store } = await memory.open('memory:', { clock: manualClock(), log: quiet });
  const one = many();
  await store.append([admission({ events: [event({ dedupe: 'one' })] })]);
  const [kept] = await store.append([carried(one)]);
  t.deepEqual(kept, { id: one.id, duplicates: [0] });
  const found = await store.find({ state: 'pending' });
  t.deepEqual(
    found.filter(({ admission: of }) => of === one.id).map(({ destination }) => destination),
    ['hubspot', 'meta'],
  );
  const [, two] = one.events;
  const lines = await store.entries({ event: two?.id ?? '' });
  t.deepEqual(
    lines.map(({ fields }) => fields),
    [['ids.ga.client_id', 'page.url']],
  );
  const there = carried(one);
  const rest = there.events.slice(1);
  t.false(JSON.stringify(encode({ ...there, events: rest }, rest)).includes('first'));
});
