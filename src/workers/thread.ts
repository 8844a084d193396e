// One worker thread from start to end, seen from the thread that owns the store. However it ends, whatever waits for it goes on.

import { Worker } from 'node:worker_threads';
import { moduleUrl } from '../config/assets.ts';
import { GatewayError } from '../core/errors.ts';
import { CallServer } from './calls.ts';
import type { CallPorts } from './calls.ts';
import { errorOf } from './protocol.ts';
import type { Asked, FromWorker, Handed, Handled, Start, ToWorker } from './protocol.ts';

/** How long a thread may not take in what it is told: longer than it judges in a row by far. */
const SILENT_MS = 10_000;

export interface ThreadPorts extends Omit<CallPorts, 'answer'> {
  /** Gives work to the worker that is its home; null: that one is not there, or gone before it was done. */
  readonly hand: (to: number, work: Handed) => Promise<Handled | null>;
}

export class WorkerThread {
  /** Resolves when it takes connections; rejects if it ends before. */
  readonly started: Promise<void>;
  /** Resolves when it is gone, with what it died of; null: it was asked to end. */
  readonly ended: Promise<unknown>;
  readonly #worker: Worker;
  readonly #calls: CallServer;
  readonly #hand: ThreadPorts['hand'];
  readonly #waiting = new Map<number, (value: unknown) => void>();
  /** Work that was given to it. */
  readonly #working = new Map<number, (handled: Handled | null) => void>();
  readonly #starting = Promise.withResolvers<void>();
  #asked = 0;
  #failure: unknown = null;
  #member = false;
  #listening = false;
  #ended = false;
  #stopping = false;

  constructor(name: string, start: Start, ports: ThreadPorts) {
    this.started = this.#starting.promise;
    this.started.catch(() => undefined); // `ended` tells, too
    this.#hand = ports.hand;
    this.#calls = new CallServer({
      ...ports,
      answer: (done, others) => this.tell({ kind: 'answers', done, others }),
    });
    this.#worker = new Worker(moduleUrl('worker'), { name, workerData: start });
    this.#worker.on('message', (message: FromWorker) => {
      // As worker.ts posts them. One that cannot be read is a bug over there, and ends that thread alone.
      try {
        this.#heard(message);
      } catch (error) {
        this.#fail(error);
      }
    });
    this.#worker.on('messageerror', (error) => this.#fail(error));
    this.#worker.on('error', (error) => void (this.#failure ??= error));
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => resolve(this.#gone(code)));
    });
  }

  /** Has it been told to listen? Then it may judge events. */
  get member(): boolean {
    return this.#member;
  }

  get listening(): boolean {
    return this.#listening;
  }

  tell(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Null if it is gone before it has done it. However long that takes: who asked for it does not wait for ever. */
  work(work: Handed): Promise<Handled | null> {
    if (this.#ended) return Promise.resolve(null);
    this.#asked += 1;
    const number = this.#asked;
    return new Promise((resolve) => {
      this.#working.set(number, resolve);
      this.tell({ kind: 'work', number, work }, [work.body.buffer]);
    });
  }

  /** Resolves when all that was told before is in force there, and all it judged before has been heard; or when it is gone. */
  async inStep(): Promise<void> {
    await this.#question((number) => ({ kind: 'sync', number }));
  }

  /** Null if it is gone. */
  ask(what: Asked): Promise<unknown> {
    return this.#question((number) => ({ kind: 'ask', number, what }));
  }

  /** Takes no more, lets requests in flight end. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.tell({ kind: 'stop', deadlineMs });
    const late = setTimeout(() => void this.#worker.terminate(), deadlineMs + 1000);
    await this.ended;
    clearTimeout(late);
  }

  /** At once, with whatever is in flight. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #heard(message: FromWorker): void {
    switch (message.kind) {
      case 'calls':
        return this.#calls.serve(message.pieces);
      case 'answer':
        return this.#answered(message.number, message.value);
      case 'hand':
        return void this.#handOver(message).catch((error: unknown) => this.#fail(error));
      case 'handled':
        return this.#worked(message.number, message.handled);
      case 'loaded':
        this.#member = true;
        return this.tell({ kind: 'listen' });
      case 'listening':
        this.#listening = true;
        return this.#starting.resolve();
      case 'failed':
        this.#failure = errorOf(message.failure);
        return;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    void this.#worker.terminate();
  }

  /** To another worker, and its answer back; should this one be gone by then, nobody hears it. */
  async #handOver({ call, to, work }: FromWorker & { readonly kind: 'hand' }): Promise<void> {
    const handled = await this.#hand(to, work);
    this.tell({ kind: 'handled', call, handled });
  }

  #worked(number: number, handled: Handled | null): void {
    this.#working.get(number)?.(handled);
    this.#working.delete(number);
  }

  #answered(number: number, value: unknown): void {
    this.#waiting.get(number)?.(value);
    this.#waiting.delete(number);
  }

  /** A thread that does not answer serves nobody either: it is ended, and another begun. */
  #question(message: (number: number) => ToWorker): Promise<unknown> {
    this.#asked += 1;
    const number = this.#asked;
    return new Promise((resolve) => {
      if (this.#ended) return resolve(null);
      const silent = new GatewayError('overloaded', 'a worker does not take in what it is told');
      const late = setTimeout(() => this.#fail(silent), SILENT_MS);
      this.#waiting.set(number, (value) => {
        clearTimeout(late);
        resolve(value);
      });
      this.tell(message(number));
    });
  }

  #gone(code: number): unknown {
    this.#ended = true;
    this.#member = false;
    this.#listening = false;
    for (const number of this.#waiting.keys()) this.#answered(number, null);
    for (const number of this.#working.keys()) this.#worked(number, null);
    const failure = this.#failure ?? (this.#stopping ? null : new Error(`a worker ended with ${code}`));
    this.#starting.reject(failure ?? new Error('a worker was stopped before it took anything'));
    return failure;
  }
}
