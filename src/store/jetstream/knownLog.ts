// Keeps the message ids of rows that have ended for the next owner of their partition. Their messages are gone, so that nothing else
// remembers them: servers forget the ids of messages that are gone when they start again. Written before messages go, read before
// the stream is folded. Where that fails an id is not known: events go on, and one of them might be had twice.

import { once } from 'node:events';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Log } from '../../core/ports.ts';
import { parse } from '../shape.ts';
import type { KnownId, KnownIds } from './knownIds.ts';
import { isMark } from './knownIds.ts';
import { publish } from './publish.ts';
import type { Names } from './streams.ts';

/** For one page. */
const WRITE_MS = 2_000;
/** For all that earlier owners wrote: a million ids take half a second. */
const READ_MS = 3_000;
const AT_ONCE = 500;
/** The server drops a consumer that nobody listens to after this. */
const ABANDONED_MS = 5_000;

export interface KnownLogPorts {
  readonly n: number;
  readonly names: Names;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly log: Log;
  /** Of this ownership: no other writes the same pages. */
  readonly epoch: string;
  readonly known: KnownIds;
}

export class KnownLog {
  readonly #ports: KnownLogPorts;
  #writing: Promise<void> = Promise.resolve();

  constructor(ports: KnownLogPorts) {
    this.#ports = ports;
  }

  /** What earlier owners wrote, as far as it comes in time. */
  async read(): Promise<void> {
    const { n, log, known } = this.#ports;
    const late = AbortSignal.timeout(READ_MS);
    const tooLate = once(late, 'abort').then(() => late.throwIfAborted());
    const reading = this.#read(late);
    await Promise.race([reading, tooLate]).catch(() => log.warn('known_ids_not_read', { partition: n }));
    known.beginRows();
  }

  /** Resolves when all that had ended at the call is written, or could not be: then it is tried again with the next. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { n, names, js, epoch, known, log } = this.#ports;
    const numbers = known.takeChanged();
    for (const [index, number] of numbers.entries())
      try {
        const ids = known.endedIn(number);
        if (ids.length === 0) continue;
        const subject = names.known(n, `${epoch}.${number}`);
        await publish(js, { subject, payload: encodeIds(ids) }, WRITE_MS);
      } catch {
        known.putBack(numbers.slice(index));
        log.warn('known_ids_not_kept', { partition: n });
        return;
      }
  }

  /** Up to the last page that the leader has: whoever is asked may be behind. */
  async #read(late: AbortSignal): Promise<void> {
    const { n, names, js, jsm, known } = this.#ports;
    const filter = names.known(n);
    const last = await jsm.streams.getMessage(names.knownIds, { last_by_subj: filter });
    if (last === null) return;
    const consumer = await js.consumers.get(names.knownIds, {
      filter_subjects: filter,
      inactive_threshold: ABANDONED_MS,
    });
    for (let seq = 0; seq < last.seq;) {
      late.throwIfAborted();
      const messages = await consumer.fetch({ max_messages: AT_ONCE, expires: READ_MS });
      const stop = (): void => messages.stop();
      late.addEventListener('abort', stop);
      for await (const message of messages) {
        late.throwIfAborted();
        for (const id of decodeIds(message.string())) if (known.seqOf(id.mark, id.at) === 0) known.add(id);
        seq = message.seq;
        if (seq >= last.seq) break;
      }
      late.removeEventListener('abort', stop);
    }
  }
}

export const encodeIds = (ids: readonly KnownId[]): string =>
  JSON.stringify(ids.map(({ mark, seq, at }) => [mark, seq, at]));

/** What was not written here holds none. */
export function decodeIds(text: string): readonly KnownId[] {
  const value = parse(text);
  return Array.isArray(value) ? value.flatMap((one) => idOf(one) ?? []) : [];
}

function idOf(value: unknown): KnownId | null {
  if (!Array.isArray(value)) return null;
  const [mark, seq, at]: unknown[] = value;
  if (typeof mark !== 'string' || typeof seq !== 'number' || typeof at !== 'number') return null;
  return isMark(mark) && Number.isSafeInteger(seq) && seq > 0 ? { mark, seq, at } : null;
}
