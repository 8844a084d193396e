// The way to one destination over time: its present setup (which a config reload replaces), and what is learned of the
// vendor meanwhile: breaker, rate, slots.

import { isDeepStrictEqual } from 'node:util';
import type { Destination } from '../core/config.ts';
import type { DestinationType } from '../core/plugin.ts';
import type { Sign } from './breaker.ts';
import { Circuit } from './circuit.ts';
import type { DeliveryPorts } from './ports.ts';
import { Bucket } from './rate.ts';
import { Sender } from './send.ts';
import type { Slices } from './slices.ts';
import { pause, Slots, systemAfter } from './waiting.ts';

/** What today's routing file says; a request holds the one it was built under. */
export interface Setup {
  readonly destination: Destination;
  readonly type: DestinationType;
  readonly sender: Sender;
  readonly allowPrivate: boolean;
}

/** Would a second attempt, after one of unknown fate, perhaps count twice? */
export const onlyOnce = ({ type, destination }: Setup): boolean =>
  !type.dedupes && destination.onUncertain === 'settle';

/** What the routing file asks for; null: the destination is gone or switched off, and what waits for it is only judged. */
export type Wanted = Pick<Setup, 'destination' | 'type' | 'allowPrivate'> | null;

export class Line {
  readonly name: string;
  readonly ports: DeliveryPorts;
  readonly slots = new Slots(1);
  /** Shared with all other destinations. */
  readonly slices: Slices;
  /** Is more due than one claim takes, and has been for a while? */
  hasBacklog = false;
  readonly #stop = new AbortController();
  #setup: Setup | null = null;
  #slotCount = 1;
  #bucket: Bucket;
  readonly #circuit: Circuit;
  #heldUntil = 0;
  #putOff = false;
  #interrupted = false;
  /** Also those whose last requests are still under way after a reload. */
  readonly #senders = new Set<Sender>();

  constructor(name: string, ports: DeliveryPorts, slices: Slices) {
    this.name = name;
    this.ports = ports;
    this.slices = slices;
    this.#bucket = new Bucket(0, ports.clock.monotonic());
    this.#circuit = new Circuit(name, ports);
  }

  get setup(): Setup | null {
    return this.#setup;
  }

  get concurrency(): number {
    return this.#slotCount;
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** The time for stopping is over. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** Takes over what a new snapshot says. Requests under way end under the setup they began with. */
  set(wanted: Wanted): void {
    const before = this.#setup;
    if (before !== null && wanted !== null && same(before, wanted)) {
      this.#setup = { ...before, ...wanted };
      return;
    }
    const count = wanted?.destination.concurrency ?? 1;
    this.slots.add(count - this.#slotCount);
    this.#slotCount = count;
    this.#bucket = new Bucket(wanted?.destination.rate ?? 0, this.ports.clock.monotonic());
    this.#circuit.reset();
    this.#setup = wanted && { ...wanted, sender: this.#opened(wanted) };
    if (before !== null) void this.#retire(before.sender);
  }

  /** In how many ms it is worth claiming; 0: now. */
  waitMs(): number {
    return Math.max(this.#circuit.waitMs(), this.#heldUntil - this.ports.clock.monotonic());
  }

  /** Takes the right to claim: null while shut; a probe is to be one single delivery. */
  admit(): { readonly probe: boolean } | null {
    return this.#circuit.admit();
  }

  /** May a request that was claimed earlier still go? Only the probe goes while one is under way. */
  maySend(probe: boolean): boolean {
    const { phase } = this.#circuit;
    return !this.stopping && (phase === 'closed' || (probe && phase === 'probing'));
  }

  /** Nothing is claimed for so long, for a reason that is not the vendor's. */
  hold(ms: number): void {
    this.#heldUntil = this.ports.clock.monotonic() + ms;
  }

  /** Something was settled with a later attempt. */
  putOff(): void {
    this.#putOff = true;
  }

  /** Was anything put off since this was last asked? */
  takePutOff(): boolean {
    const putOff = this.#putOff;
    this.#putOff = false;
    return putOff;
  }

  /** Takes in what a request told about the vendor. */
  tell(sign: Sign): void {
    this.#circuit.tell(sign);
  }

  /** Waits until the destination's rate allows one more request. */
  async pace(): Promise<void> {
    for (;;) {
      const ms = this.#bucket.take(this.ports.clock.monotonic());
      if (ms === 0 || this.stopping) return;
      await pause(ms, this.ports.after ?? systemAfter, this.#stop.signal);
    }
  }

  /** The request that was waited for was not sent after all. */
  unspent(): void {
    this.#bucket.giveBack();
  }

  /** Ends every wait; nothing further is sent. */
  stop(): void {
    this.#stop.abort();
  }

  /** Ends the requests that are still under way. */
  interrupt(): void {
    this.#interrupted = true;
    for (const sender of this.#senders) sender.interrupt();
  }

  /** Closes all connections; call it after the last request has ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#senders].map((sender) => this.#retire(sender)));
  }

  #opened({ destination, type, allowPrivate }: NonNullable<Wanted>): Sender {
    const { clock, random, log, after, lookup } = this.ports;
    const sender = new Sender({
      destination: this.name,
      timeoutMs: destination.timeoutMs,
      connections: destination.concurrency,
      allowPrivate,
      local: type.local,
      clock,
      random,
      log,
      after,
      lookup,
    });
    this.#senders.add(sender);
    return sender;
  }

  async #retire(sender: Sender): Promise<void> {
    await sender.close();
    this.#senders.delete(sender);
  }
}

/** Does it ask for the same? Then connections and what was learned of the vendor stay. */
export const same = (a: Omit<Setup, 'sender'>, b: NonNullable<Wanted>): boolean =>
  a.type === b.type && a.allowPrivate === b.allowPrivate && isDeepStrictEqual(a.destination, b.destination);
