// Group commit: whatever is asked in one turn of the event loop shares one transaction, and what is asked while it runs makes
// the next. No timer. A failing group is taken apart, so that one job's failure is its own.

import { GatewayError } from '../core/errors.ts';
import type { Rows } from './rows.ts';
import { Turn } from './turn.ts';

/** What a job is to the disk: appends are refused first when space runs out; `alone` shares its transaction with nobody. */
export type JobKind = 'append' | 'change' | 'alone';

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

export interface GroupPorts {
  readonly rows: Rows;
  readonly space: Space;
  /** Turns what the rows throw into a `GatewayError`, or returns it as it is: then it is a bug. */
  readonly asFailure: (error: unknown) => unknown;
}

export class Groups {
  readonly #ports: GroupPorts;
  #jobs: Job[] = [];
  #scheduled: 'no' | 'tick' | 'now' = 'no';
  #closed = false;

  constructor(ports: GroupPorts) {
    this.#ports = ports;
  }

  run<T>(kind: JobKind, work: (turn: Turn) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new GatewayError('store_unavailable', 'the store is closed'));
    return new Promise((resolve, reject) => {
      const results: T[] = [];
      this.#jobs.push({
        kind,
        run: (turn) => (results[0] = work(turn)),
        // Runs only after `run` has filled it; a void result is `undefined` all the same.
        resolve: () => resolve(results[0] as T),
        reject,
      });
      this.#schedule(kind);
    });
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
    this.#flush();
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
    if (kind === 'append' && this.#scheduled !== 'now') {
      this.#scheduled = 'now';
      queueMicrotask(() => this.#flush());
    } else if (this.#scheduled === 'no') {
      this.#scheduled = 'tick';
      setImmediate(() => this.#flush());
    }
  }

  #flush(): void {
    this.#scheduled = 'no';
    const jobs = this.#jobs;
    this.#jobs = [];
    let group: Job[] = [];
    for (const job of jobs) {
      if (job.kind !== 'alone') {
        group.push(job);
        continue;
      }
      this.#commitAll(group);
      this.#commitAll([job]);
      group = [];
    }
    this.#commitAll(group);
  }

  #commitAll(jobs: readonly Job[]): void {
    const admitted = jobs.filter((job) => this.#mayAppend(job));
    if (admitted.length === 0) return;
    const failure = this.#commit(admitted);
    if (failure === null) return;
    if (isFull(failure)) this.#withoutAppends(admitted, failure);
    else if (admitted.length === 1) admitted[0]?.reject(failure);
    else for (const job of admitted) this.#commitAll([job]);
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
    const rest = jobs.filter((job) => job.kind !== 'append');
    for (const job of jobs) if (job.kind === 'append') job.reject(failure);
    if (rest.length === 0) return;
    const again = freed || rest.length < jobs.length ? this.#commit(rest) : failure;
    if (again !== null) for (const job of rest) job.reject(again);
  }

  /** Null when durable; else what went wrong, with memory and rows as they were before. */
  #commit(jobs: readonly Job[]): unknown {
    const turn = new Turn();
    try {
      this.#ports.rows.transaction(() => jobs.forEach((job) => job.run(turn)));
    } catch (error) {
      turn.failed();
      return this.#ports.asFailure(error);
    }
    turn.committed();
    jobs.forEach((job) => job.resolve());
    this.#ports.space.committed();
    return null;
  }
}

export const isFull = (failure: unknown): boolean =>
  failure instanceof GatewayError && failure.code === 'store_full';
