// Serves the calls of one worker with the outbox, in the thread that owns it: answers of one moment go back in one message.

import type { Admission } from '../core/ports.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { take } from '../store/carried.ts';
import { CALLS, failureOf, Pieces } from './protocol.ts';
import type { Other } from './protocol.ts';

export interface CallPorts {
  readonly outbox: Pick<Outbox, 'accept' | 'deny'>;
  readonly readiness: () => Promise<unknown>;
  /** Resolves when the other workers know all that was said until now, and what they judged before that is with the outbox. */
  readonly inStep: () => Promise<void>;
  /** Grows with everything that people say. */
  readonly saidCount: () => number;
  readonly answer: (done: readonly number[], others: readonly Other[]) => void;
}

interface Denial {
  readonly call: number;
  readonly at: number;
  readonly subjects: readonly string[];
  readonly destinations: readonly string[];
}

export class CallServer {
  readonly #ports: CallPorts;
  #done: number[] = [];
  #others: Other[] = [];
  #scheduled = false;

  constructor(ports: CallPorts) {
    this.#ports = ports;
  }

  serve(message: ConstructorParameters<typeof Pieces>[0]): void {
    const pieces = new Pieces(message);
    const denials: Denial[] = [];
    while (pieces.more) {
      const kind = pieces.number();
      const call = pieces.number();
      if (kind === CALLS.accept) this.#accept(call, pieces);
      else if (kind === CALLS.deny) denials.push(denialOf(call, pieces));
      else this.#whenSettled(call, this.#ports.readiness());
    }
    if (denials.length > 0) void this.#deny(denials);
  }

  #accept(call: number, pieces: Pieces): void {
    const bytes = pieces.number();
    const admissions: Admission[] = [];
    for (let count = pieces.number(); count > 0; count -= 1) admissions.push(take(pieces));
    const fail = (error: unknown): void => this.#other({ call, failure: failureOf(error) });
    try {
      const appended = this.#ports.outbox.accept(admissions, bytes);
      appended.then(({ accepted, duplicates }) => this.#finished(call, accepted, duplicates), fail);
    } catch (error) {
      fail(error); // a bug, of this call alone
    }
  }

  /**
   * What another worker judged before this no was heard may be under way still: it comes first, so that the no finds it queued. And
   * no answer goes before every worker judges by it.
   */
  async #deny(denials: readonly Denial[]): Promise<void> {
    const { outbox, inStep, saidCount } = this.#ports;
    await inStep();
    const before = saidCount();
    const results = await Promise.allSettled(
      denials.map(({ subjects, destinations, at }) => outbox.deny(subjects, destinations, at)),
    );
    if (saidCount() !== before) await inStep();
    for (const [index, { call }] of denials.entries()) {
      const result = results[index];
      if (result?.status === 'rejected') this.#other({ call, failure: failureOf(result.reason) });
      else this.#finished(call, 0, 0);
    }
  }

  #whenSettled(call: number, work: Promise<unknown>): void {
    work.then(
      (value) => this.#other({ call, value }),
      (error: unknown) => this.#other({ call, failure: failureOf(error) }),
    );
  }

  #finished(call: number, accepted: number, duplicates: number): void {
    this.#done.push(call, accepted, duplicates);
    this.#schedule();
  }

  #other(other: Other): void {
    this.#others.push(other);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      const [done, others] = [this.#done, this.#others];
      [this.#done, this.#others] = [[], []];
      this.#ports.answer(done, others);
    });
  }
}

function denialOf(call: number, pieces: Pieces): Denial {
  const at = pieces.number();
  const [subjects, destinations]: readonly [readonly string[], readonly string[]] = JSON.parse(pieces.text());
  return { call, at, subjects, destinations };
}
