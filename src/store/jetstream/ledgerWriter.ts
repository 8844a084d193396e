// Writes the ledger's lines in the order in which partitions tell them, one message in flight, and repeats each until it is kept.

import { setTimeout as pause } from 'node:timers/promises';
import type { JetStreamClient } from '@nats-io/jetstream';
import type { ToldLine } from './ledger.ts';
import { publish } from './publish.ts';

interface Telling {
  readonly lines: readonly ToldLine[];
  readonly chars: number;
  done(): void;
}

const MESSAGE_CHARS = 256 * 1024;
/** Beyond so much that waits, whoever tells waits too. */
const WAITING_CHARS = 8 * 1024 * 1024;
const TRY_MS = 5_000;
const AGAIN_MS = 500;
/** Writes lines in the order in which they are told, one message in flight; repeats until each is kept. */
export class LedgerWriter {
  readonly #publish: (payload: string, id: string) => Promise<unknown>;
  readonly #id: string;
  #queue: Telling[] = [];
  #chars = 0;
  #count = 0;
  #writing = false;
  #closed = false;
  #waiting: (() => void)[] = [];

  constructor(js: JetStreamClient, subject: string, gateway: string) {
    this.#id = gateway;
    this.#publish = (payload, id) => publish(js, { subject, payload, id }, TRY_MS);
  }

  /** `done` is called once these lines and all before are kept. Resolves when there is room for more. */
  tell(lines: readonly ToldLine[], done: () => void): Promise<void> {
    let [from, chars] = [0, 0];
    for (const [to, line] of lines.entries()) {
      const more = line.entries.length + 64;
      if (to > from && chars + more > MESSAGE_CHARS) {
        this.#add({ lines: lines.slice(from, to), chars, done: () => undefined });
        [from, chars] = [to, 0];
      }
      chars += more;
    }
    this.#add({ lines: lines.slice(from), chars, done });
    if (!this.#writing) void this.#run();
    if (this.#chars < WAITING_CHARS) return Promise.resolve();
    return this.flushed();
  }

  #add(telling: Telling): void {
    this.#queue.push(telling);
    this.#chars += telling.chars;
  }

  /** Resolves when nothing waits any more. */
  flushed(): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#writing = true;
    while (this.#queue.length > 0 && !this.#closed) {
      const taken = this.#take();
      const lines = taken.flatMap((one) => one.lines);
      if (lines.length > 0) await this.#write(JSON.stringify(lines));
      if (this.#closed) break;
      for (const one of taken) {
        this.#chars -= one.chars;
        one.done();
      }
    }
    this.#writing = false;
    this.#waiting.splice(0).forEach((resolve) => resolve());
  }

  async #write(payload: string): Promise<void> {
    this.#count += 1;
    const id = `${this.#id}.${this.#count}`;
    while (!this.#closed) {
      const kept = await this.#publish(payload, id).then(
        () => true,
        () => false,
      );
      if (kept) return;
      await pause(AGAIN_MS);
    }
  }

  #take(): readonly Telling[] {
    let [chars, count] = [0, 0];
    for (const one of this.#queue) {
      chars += one.chars;
      if (count > 0 && chars > MESSAGE_CHARS) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }
}
