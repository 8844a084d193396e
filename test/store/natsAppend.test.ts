// An event that a server would not take as one message is kept as several, each with some of its destinations: every delivery can
// be read again, once, whoever judged the event.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import type { Admission } from '../../src/core/ports.ts';
import { decodeHead } from '../../src/store/head.ts';
import { messagesOf } from '../../src/store/jetstream/append.ts';
import { decodeRow } from '../../src/store/jetstream/message.ts';
import { decodeEntries } from '../../src/store/ledgerEntries.ts';
import { RowReader } from '../../src/store/record.ts';
import { admission, carried, event, manualClock } from './admissions.ts';

const NAMES = ['ga4', 'hubspot', 'meta', 'x', 'log'];
const ports = { clock: manualClock() };

const large = (): Admission =>
  admission({ events: [event({ destinations: NAMES, canary: 'x'.repeat(1000), dedupe: 'one' })] });

/** Destinations of all deliveries that can be read out of the messages, and of all that the ledger is told. */
function readFrom(messages: readonly string[]) {
  const [read, told]: [string[], string[]] = [[], []];
  for (const message of messages) {
    const { row, log } = decodeRow(message);
    const head = decodeHead(row.head);
    if (head === null) throw new Error('a head cannot be read');
    const reader = new RowReader(row, head);
    for (const position of head.deliveries.keys()) {
      const delivery = reader.read(position);
      read.push('poison' in delivery ? delivery.poison : delivery.destination);
    }
    for (const entry of decodeEntries({ id: 1, ...log }, {})) told.push(entry.destination);
  }
  return { read, told: told.sort() };
}

for (const [name, from] of [
  ['here', large],
  ['in another thread', () => carried(large())],
] as const) {
  test(`judged ${name}, an event is one message where it fits, and several where not`, (t) => {
    const one = from();
    const [only] = one.events;
    if (only === undefined) throw new Error('there is one event');
    t.is(messagesOf(one, only, { ...ports, maxPayload: 1_000_000 }).length, 1);
    const messages = messagesOf(one, only, { ...ports, maxPayload: 6400 });
    t.true(messages.length > 1);
    t.true(messages.every((message) => Buffer.byteLength(message) <= 6400));
    const { read, told } = readFrom(messages);
    t.deepEqual(read, NAMES);
    t.deepEqual(told, [...NAMES].sort());
  });

  test(`judged ${name}, what does not fit even for one destination is refused`, (t) => {
    const one = from();
    const [only] = one.events;
    if (only === undefined) throw new Error('there is one event');
    const error = t.throws(() => messagesOf(one, only, { ...ports, maxPayload: 5000 }), {
      instanceOf: GatewayError,
    });
    t.is(error.code, 'store_full');
  });
}
