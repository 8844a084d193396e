// Appending is publishing, by any gateway: one message an event, into the partition that its dedupe digest names, so that a
// repetition meets the first wherever it comes in. What is not known to be kept fails the call; its events are known by their
// message ids when they come again, to the servers or, where these kept them twice, to the partition's owner (fold.ts).

import { createHash } from 'node:crypto';
import type { JetStreamClient } from '@nats-io/jetstream';
import { GatewayError } from '../../core/errors.ts';
import type { Admission, AdmittedEvent, Appended, Clock } from '../../core/ports.ts';
import { LedgerText, admittedEntries } from '../ledger.ts';
import { encode } from '../record.ts';
import { encodeRow } from './message.ts';
import type { Published } from './publish.ts';
import { publish } from './publish.ts';
import type { Room } from './room.ts';
import type { Names } from './streams.ts';

/** Until the fate of an event is known; clients wait for it. */
const APPEND_MS = 8_000;
/** Of what a server takes, left for headers. */
const SPARE_BYTES = 4096;

export interface AppendPorts {
  readonly js: JetStreamClient;
  readonly names: Names;
  readonly partitions: number;
  /** The server's limit of one message. */
  readonly maxPayload: number;
  readonly clock: Clock;
  readonly room: Room;
  /** Partitions that are here: what no repetition has to meet goes to them. */
  here(): readonly number[];
}

export class Appender {
  readonly #ports: AppendPorts;
  readonly #running = new Set<Promise<unknown>>();
  readonly #newest = new Map<number, number>();
  #turn = 0;

  constructor(ports: AppendPorts) {
    this.#ports = ports;
  }

  /** Sequence number of the newest row that came in here, by partition. */
  get newest(): ReadonlyMap<number, number> {
    return this.#newest;
  }

  /** Resolves when nothing is under way. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }

  async append(admissions: readonly Admission[]): Promise<readonly Appended[]> {
    const run = this.#append(admissions);
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  async #append(admissions: readonly Admission[]): Promise<readonly Appended[]> {
    const inCall = new Set<string>();
    const flying = admissions.map((admission) =>
      admission.events.map((event) => {
        if (event.dedupe !== null && inCall.has(event.dedupe)) return Promise.resolve(true);
        if (event.dedupe !== null) inCall.add(event.dedupe);
        return this.#keep(admission, event);
      }),
    );
    // All are waited for, so that nothing of a failed call is still under way when it comes again.
    const ended = await Promise.all(flying.map((events) => Promise.allSettled(events)));
    const failed = ended.flat().find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return admissions.map(({ id }, index) => ({
      id,
      duplicates: (ended[index] ?? []).flatMap((one, at) =>
        one.status === 'fulfilled' && one.value ? [at] : [],
      ),
    }));
  }

  /** True if it was known already. */
  async #keep(admission: Admission, event: AdmittedEvent): Promise<boolean> {
    const { js, names, partitions, room } = this.#ports;
    const n = event.dedupe === null ? this.#anyPartition() : partitionOf(event.dedupe, partitions);
    const messages = messagesOf(admission, event, this.#ports);
    for (const { length } of messages) room.demand(n, length);
    const published = await Promise.all(
      messages.map((payload, index): Promise<Published> => {
        const id = `${event.dedupe ?? event.id}${index === 0 ? '' : ` ${index}`}`;
        return publish(js, { subject: names.row(n), payload, id }, APPEND_MS).catch((error: unknown) => {
          if (error instanceof GatewayError && error.code === 'store_full') room.refused(n);
          throw error;
        });
      }),
    );
    for (const { seq } of published) this.#newest.set(n, Math.max(seq, this.#newest.get(n) ?? 0));
    return published.every(({ known, repeated }) => known && !repeated);
  }

  #anyPartition(): number {
    const here = this.#ports.here();
    this.#turn += 1;
    return here[this.#turn % here.length] ?? this.#turn % this.#ports.partitions;
  }
}

/** One event's: mostly one; more where a server would not take it whole, with some of the destinations each. */
export function messagesOf(
  admission: Admission,
  event: AdmittedEvent,
  ports: Pick<AppendPorts, 'maxPayload' | 'clock'>,
): readonly string[] {
  const ledger = new LedgerText();
  ledger.add(admittedEntries(admission, [event]));
  const log = { at: ports.clock.now(), entries: ledger.toString() };
  const [row, ...more] = encode(admission, [event]);
  if (row === undefined || more.length > 0) throw new Error('one event is one row');
  const payload = encodeRow({ row, log });
  const limit = ports.maxPayload - SPARE_BYTES;
  if (payload.length * 3 <= limit || Buffer.byteLength(payload) <= limit) return [payload];
  const { permitted } = event;
  if (permitted.length === 1)
    throw new GatewayError('store_full', 'the NATS servers do not take messages of this size', {
      retryAfter: 60,
    });
  const half = permitted.length >> 1;
  return [permitted.slice(0, half), permitted.slice(half)].flatMap((some) => {
    const part = partOf(event, some);
    // Spread, so that what was made of the whole does not pass for the part's.
    return messagesOf({ ...admission, events: [part] }, part, ports);
  });
}

/** The event with some of its destinations. What another thread judged answers by getters, which a spread would leave behind. */
const partOf = (
  { id, dedupe, facts, fields }: AdmittedEvent,
  permitted: AdmittedEvent['permitted'],
): AdmittedEvent => ({
  id,
  dedupe,
  facts,
  fields,
  destinations: permitted.map(({ data }) => data.destination),
  permitted,
});

function partitionOf(digest: string, partitions: number): number {
  return createHash('sha256').update(digest).digest().readUInt32BE(0) % partitions;
}
