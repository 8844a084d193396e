// Deliveries over the real outbox and the memory store: what is accepted ends once, also over retries and a restart.

import test from 'ava';
import type { Admission } from '../../src/core/ports.ts';
import { Deliveries } from '../../src/delivery/deliveries.ts';
import type { DeliveryPorts } from '../../src/delivery/ports.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { memory } from '../../src/store/memory.ts';
import { state } from '../support/events.ts';
import {
  config,
  delivery,
  echoType,
  evenRandom,
  FakeTime,
  permitted,
  recordingLog,
  until,
  vendor,
} from './support.ts';

const admission = (name: string, now: number): Admission => {
  const { consent: _, ...facts } = delivery(name).facts;
  return {
    id: `admission-${name}`,
    site: 'shop',
    intake: 'segment',
    receivedAt: now,
    config: 'config',
    subjects: [],
    consent: state(),
    events: [
      {
        id: `event-${name}`,
        dedupe: null,
        facts,
        destinations: [permitted(name).data.destination],
        permitted: [permitted(name)],
        fields: {},
      },
    ],
  };
};

test('what is accepted is delivered, over failures and a stop in the middle', async (t) => {
  const time = new FakeTime();
  const { log } = recordingLog();
  const { store, facts } = await memory.open('', { clock: time, log });
  const outbox = await Outbox.open({ store, facts });
  const { url, taken } = await vendor(t, (response, _, count) =>
    response.writeHead(count <= 3 ? 500 : 200).end(),
  );
  const counted: Record<string, number> = {};
  const ports: DeliveryPorts = {
    queue: outbox,
    recheck: ({ permitted }) => ({ send: permitted }),
    destinationType: () => echoType({ dedupes: false }),
    clock: time,
    random: evenRandom,
    log,
    metrics: {
      delivered: (_name, outcome, count) => (counted[outcome] = (counted[outcome] ?? 0) + count),
      deliverySeconds: () => undefined,
    },
    after: time.after,
  };
  const begin = async (): Promise<Deliveries> => {
    const deliveries = new Deliveries(ports);
    deliveries.update(config({ destinations: [{ endpoint: url, concurrency: 2 }] }));
    await deliveries.start();
    return deliveries;
  };
  const first = await begin();
  const names = Array.from({ length: 9 }, (_, index) => `e${index}`);
  await outbox.accept(names.map((name) => admission(name, time.now())));
  await until(() => taken.length >= 4);
  await first.stop(30_000);
  const second = await begin();
  t.teardown(() => second.stop(0));
  await until(() => {
    time.pass(500);
    return counted['delivered'] === 9;
  });
  t.deepEqual(counted, { delivered: 9 });
  t.deepEqual(
    [...new Set(taken.map(({ body }) => body))].sort((a, b) => a.localeCompare(b)),
    names,
  );
  t.is(taken.length, 12);
  t.deepEqual(await outbox.waiting(), []);
});
