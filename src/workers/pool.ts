// The workers of one machine: started together, told the same in the same order, and begun anew when they die. What a dying one
// had under way fails; what it handed over is kept.

import type { Log, ToldDecision } from '../core/ports.ts';
import { GatewayError } from '../core/errors.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Asked, Config, Handed, Handled, Start } from './protocol.ts';
import { WorkerThread } from './thread.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;
/** One that lived so long is begun anew as if it were the first time. */
const LONG_LIFE_MS = 60_000;
/** Those who look at metrics and console do not wait longer for a busy worker. */
const PATIENCE_MS = 1000;
const DECISIONS = 200;

export interface PoolOptions {
  readonly count: number;
  readonly port: number;
  readonly logLevel: Start['logLevel'];
  readonly redirection: Start['redirection'];
  /** What is in force now. */
  readonly config: () => Config;
  readonly outbox: Outbox;
  readonly readiness: () => Promise<unknown>;
  readonly log: Log;
  /** Told when a worker is gone, by its name. */
  readonly gone: (name: string) => void;
  readonly monotonic: () => number;
  /** Where in our own source an error was thrown. */
  readonly placeOf: (error: unknown) => string;
}

/** A place for a worker, and who has it now. */
interface Seat {
  readonly name: string;
  /** From 0. */
  readonly number: number;
  thread: WorkerThread;
  /** How often it ended soon, one time after the other. */
  failures: number;
  timer: NodeJS.Timeout | null;
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #seats: readonly Seat[];
  readonly #unfollow: () => void;
  #said = 0;
  #ending = false;

  private constructor(options: PoolOptions) {
    this.#options = options;
    // Followed before any worker is begun: each gets what holds then, and every change after it.
    this.#unfollow = options.outbox.denials.said.onChange((change) => {
      this.#said += 1;
      for (const { thread } of this.#seats) thread.tell({ kind: 'said', change });
    });
    const seats: Seat[] = [];
    this.#seats = seats;
    for (let number = 0; number < options.count; number += 1) {
      const name = `worker-${number + 1}`;
      seats.push({ name, number, thread: this.#begin({ name, number }), failures: 0, timer: null });
    }
    for (const seat of seats) this.#attend(seat);
  }

  /** Resolves when all of them take connections; throws what the first that cannot says, with none left. */
  static async start(options: PoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      await Promise.all(pool.#seats.map(({ thread }) => thread.started));
    } catch (error) {
      await pool.stop(0);
      throw error instanceof GatewayError
        ? error
        : new GatewayError('internal', 'a worker could not start', { cause: error });
    }
    return pool;
  }

  /** Does any of them take connections? */
  get listening(): boolean {
    return this.#seats.some(({ thread }) => thread.listening);
  }

  get threads(): readonly WorkerThread[] {
    return this.#seats.map(({ thread }) => thread);
  }

  /** Puts a new routing file in force; resolves when every worker judges by it, or has ended over it. */
  async update(): Promise<void> {
    const config = this.#options.config();
    for (const { thread } of this.#seats) thread.tell({ kind: 'config', config });
    await this.#inStep(null);
  }

  /** The last decisions of all of them, newest first. */
  async decisions(): Promise<readonly ToldDecision[]> {
    const told = await this.#ask('decisions');
    const lists = told.map(([, value]) => value as readonly ToldDecision[]); // as worker.ts answers
    return lists
      .flat()
      .sort((a, b) => b.at - a.at)
      .slice(0, DECISIONS);
  }

  /** Metrics of those who answer in time, by name. */
  series(): Promise<readonly (readonly [name: string, series: unknown])[]> {
    return this.#ask('series');
  }

  /** They take no more, let requests in flight end, and are gone when it resolves. */
  async stop(deadlineMs: number): Promise<void> {
    this.#ending = true;
    for (const { timer } of this.#seats) if (timer !== null) clearTimeout(timer);
    await Promise.all(this.#seats.map(({ thread }) => thread.stop(deadlineMs)));
    this.#unfollow();
  }

  #begin({ name, number }: Pick<Seat, 'name' | 'number'>): WorkerThread {
    const { port, count, logLevel, redirection, outbox, readiness, config } = this.#options;
    const said = outbox.denials.said.all();
    const start = { config: config(), said, logLevel, redirection, port, seat: number, among: count };
    const thread: WorkerThread = new WorkerThread(name, start, {
      outbox,
      readiness,
      saidCount: () => this.#said,
      inStep: () => this.#inStep(thread),
      hand: (to, work) => this.#hand(to, work),
    });
    return thread;
  }

  /** A worker that is being begun anew takes none before it hears all that is said. */
  async #hand(to: number, work: Handed): Promise<Handled | null> {
    const thread = this.#seats[to]?.thread;
    return thread?.member === true ? thread.work(work) : null;
  }

  /** All but one: that one hears what was said before the answer that follows it. */
  async #inStep(but: WorkerThread | null): Promise<void> {
    const others = this.threads.filter((thread) => thread !== but && thread.member);
    await Promise.all(others.map((thread) => thread.inStep()));
  }

  async #ask(what: Asked): Promise<readonly (readonly [name: string, value: unknown])[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), PATIENCE_MS);
    });
    const members = this.#seats.filter(({ thread }) => thread.member);
    const answers = await Promise.all(
      members.map(async ({ name, thread }) => {
        const value = await Promise.race([thread.ask(what), late]);
        return [name, value] as const;
      }),
    );
    clearTimeout(timer);
    return answers.filter(([, value]) => value !== null);
  }

  /** Waits for its end, and begins another. */
  #attend(seat: Seat): void {
    const { log, gone, monotonic, placeOf } = this.#options;
    const { thread, name } = seat;
    const since = monotonic();
    void thread.ended.then((failure) => {
      gone(name);
      if (this.#ending) return;
      seat.failures = monotonic() - since >= LONG_LIFE_MS ? 1 : seat.failures + 1;
      const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (seat.failures - 1));
      log.error('worker_ended', { id: name, code: codeOf(failure), at: placeOf(failure), waitMs });
      seat.timer = setTimeout(() => this.#beginAgain(seat), waitMs);
    });
  }

  #beginAgain(seat: Seat): void {
    seat.timer = null;
    seat.thread = this.#begin(seat);
    this.#attend(seat);
    seat.thread.started.then(
      () => this.#options.log.info('worker_started', { id: seat.name }),
      () => undefined, // `ended` says why
    );
  }
}

/** `ERR_WORKER_OUT_OF_MEMORY`, `address_unavailable`, `TypeError`: never a message. */
function codeOf(failure: unknown): string {
  if (!(failure instanceof Error)) return 'ended';
  return 'code' in failure && typeof failure.code === 'string' ? failure.code : failure.name;
}
