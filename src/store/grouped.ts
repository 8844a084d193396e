// Group commit: whatever is asked in one turn of the event loop shares one transaction, and what is asked while it runs makes
// the next. No timer. Appends go first; of all else a group takes a few milliseconds' worth. A failing group is taken apart, so
// that one job's failure is its own.

import { GatewayError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import type { Rows } from './rows.ts';
import { Turn } from './turn.ts';

/**
 * What a job is to the disk: appends are refused first when space runs out; settlements can wait for company; `alone` shares its
 * transaction with nobody.
 */
export type JobKind = 'append' | 'settle' | 'change' | 'alone';

interface Job {
  readonly kind: JobKind;
  run(turn: Turn): void;
  resolve(): void;
  reject(error: unknown): void;
}

/** How a driver speaks about space: before appends, and when a transaction ran out of it. */
export interface Space {
  /** Throws `store_full` while appends must wait for space. */
  admit(): void;
  /** Space ran out: frees the reserve. True if there was one, so that trying again makes sense. */
  ranOut(): boolean;
  /** A group was committed. */
  committed(): void;
  /** The store is closing. */
  closed(): void;
}

const nothing = (): void => undefined;

/** Where the rows themselves say when there is no space, or nothing is appended. */
export const ENDLESS: Space = { admit: nothing, ranOut: () => false, committed: nothing, closed: nothing };

export interface GroupPorts {
  readonly rows: Rows;
  readonly space: Space;
  /** Turns what the rows throw into a `GatewayError`, or returns it as it is: then it is a bug. */
  readonly asFailure: (error: unknown) => unknown;
}

/**
 * So long a group takes in changes besides appends; one goes in whatever it takes. Many destinations can ask for much at once, and
 * what comes in meanwhile waits for the whole group.
 */
const CHANGES_MS = 5;
/**
 * So many turns of the event loop settlements wait for an append, or for one another, to be synced with: while a backlog drains
 * alone, a commit for each request that ended would take as long again as everything else. In an idle moment it is microseconds.
 */
const SETTLE_TURNS = 4;

export class Groups {
  readonly #ports: GroupPorts;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #jobs: Job[] = [];
  readonly #settlements: Job[] = [];
  /** Is a flush to come at the end of the microtasks, or of the tick? */
  readonly #scheduled = { now: false, tick: false };
  /** Turns of the event loop since settlements were last taken, as far as there were any. */
  #turns = 0;
  #closed = false;

  constructor(ports: GroupPorts, clock: Pick<Clock, 'monotonic'>) {
    this.#ports = ports;
    this.#clock = clock;
  }

  run<T>(kind: JobKind, work: (turn: Turn) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new GatewayError('store_unavailable', 'the store is closed'));
    return new Promise((resolve, reject) => {
      const results: T[] = [];
      const jobs = kind === 'settle' ? this.#settlements : this.#jobs;
      if (kind === 'settle' && jobs.length === 0) this.#turns = 0;
      jobs.push({
        kind,
        run: (turn) => (results[0] = work(turn)),
        // Runs only after `run` has filled it; a void result is `undefined` all the same.
        resolve: () => resolve(results[0] as T),
        reject,
      });
      this.#schedule(kind);
    });
  }

  /** Work that changes memory and no row: there is nothing to commit, so it waits for nothing. */
  async unwritten<T>(work: (turn: Turn) => T): Promise<T> {
    if (this.#closed) throw new GatewayError('store_unavailable', 'the store is closed');
    const turn = new Turn();
    try {
      const result = work(turn);
      turn.committed();
      return result;
    } catch (error) {
      turn.failed();
      throw this.#ports.asFailure(error);
    }
  }

  /** Would an append be refused now for want of space? */
  get full(): boolean {
    try {
      this.#ports.space.admit();
      return false;
    } catch {
      return true;
    }
  }

  /** Runs what was asked so far, then nothing more. */
  close(): void {
    this.#takeSettlements();
    while (this.#jobs.length > 0) this.#flush();
    this.#closed = true;
    this.#ports.space.closed();
  }

  /** Work on the rows that needs no transaction, with the same second chance when space runs out. */
  outside<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const failure = this.#ports.asFailure(error);
      if (!isFull(failure) || !this.#ports.space.ranOut()) throw failure;
      return work();
    }
  }

  /**
   * Appends come as groups already (the outbox collects), so they go at the end of the current microtasks and take along what
   * else waits; claims and settlements come one by one from sockets and wait for the end of the tick.
   */
  #schedule(kind: JobKind): void {
    const { now, tick } = this.#scheduled;
    if (kind === 'append' && !now) {
      this.#scheduled.now = true;
      queueMicrotask(() => {
        this.#scheduled.now = false;
        this.#takeSettlements();
        this.#flush();
      });
    } else if (!now && !tick) {
      this.#scheduled.tick = true;
      setImmediate(() => {
        this.#scheduled.tick = false;
        this.#tick();
      });
    }
  }

  #tick(): void {
    this.#turns += 1;
    if (this.#turns >= SETTLE_TURNS) this.#takeSettlements();
    this.#flush();
    if (this.#settlements.length > 0) this.#schedule('settle');
  }

  #takeSettlements(): void {
    this.#jobs.unshift(...this.#settlements.splice(0));
    this.#turns = 0;
  }

  /** All appends with the first of what else waits, which keeps its order; the rest is for the next turn of the event loop. */
  #flush(): void {
    const appends = this.#jobs.filter(isAppend);
    this.#jobs = this.#jobs.filter((job) => !isAppend(job));
    if (this.#jobs[0]?.kind === 'alone') {
      if (appends.length > 0) this.#commitAll(appends);
      this.#commitAll(this.#jobs.splice(0, 1));
    } else {
      const alone = this.#jobs.findIndex(({ kind }) => kind === 'alone');
      const changes = this.#jobs.splice(0, alone < 0 ? this.#jobs.length : alone);
      const left = this.#commitAll([...appends, ...changes]);
      this.#jobs.unshift(...left);
    }
    if (this.#jobs.length > 0) this.#schedule('change');
  }

  /** Returns those that there was no time for. */
  #commitAll(jobs: readonly Job[]): readonly Job[] {
    const admitted = jobs.filter((job) => this.#mayAppend(job));
    if (admitted.length === 0) return [];
    const { run, failure } = this.#commit(admitted);
    const left = admitted.slice(run);
    if (failure === null) return left;
    const failed = admitted.slice(0, run);
    if (isFull(failure)) this.#withoutAppends(failed, failure);
    else if (failed.length === 1) failed[0]?.reject(failure);
    else for (const job of failed) this.#commitAll([job]);
    return left;
  }

  #mayAppend(job: Job): boolean {
    if (job.kind !== 'append') return true;
    try {
      this.#ports.space.admit();
      return true;
    } catch (error) {
      job.reject(error);
      return false;
    }
  }

  /** No space: appends are refused, all else is tried again on the reserve. */
  #withoutAppends(jobs: readonly Job[], failure: unknown): void {
    const freed = this.#ports.space.ranOut();
    let rest = jobs.filter((job) => !isAppend(job));
    for (const job of jobs) if (isAppend(job)) job.reject(failure);
    let again: unknown = freed || rest.length < jobs.length ? null : failure;
    while (rest.length > 0 && again === null) {
      const { run, failure: next } = this.#commit(rest);
      again = next;
      if (next === null) rest = rest.slice(run);
    }
    for (const job of rest) job.reject(again);
  }

  /** How many it ran, from the first on, and what went wrong, with memory and rows as they were before; null when durable. */
  #commit(jobs: readonly Job[]): { readonly run: number; readonly failure: unknown } {
    const turn = new Turn();
    let run = 0;
    try {
      this.#ports.rows.transaction(() => {
        let until = Infinity;
        for (const job of jobs) {
          const now = this.#clock.monotonic();
          if (now >= until) break;
          if (!isAppend(job)) until = Math.min(until, now + CHANGES_MS);
          run += 1;
          job.run(turn);
        }
      });
    } catch (error) {
      turn.failed();
      return { run, failure: this.#ports.asFailure(error) };
    }
    turn.committed();
    for (const job of jobs.slice(0, run)) job.resolve();
    this.#ports.space.committed();
    return { run, failure: null };
  }
}

const isAppend = ({ kind }: Job): boolean => kind === 'append';

export const isFull = (failure: unknown): boolean =>
  failure instanceof GatewayError && failure.code === 'store_full';
