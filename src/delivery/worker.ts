// The loop of one destination: claim what is due and see it through, as much at a time as the route allows. It waits for
// bells and never polls; nothing another destination does can delay it.

import type { Lease, Outcome, Settlement } from '../core/delivery.ts';
import { chunks, type Held } from './batch.ts';
import { onlyOnce, type Line, type Wanted } from './line.ts';
import { LEASE_MARGIN_MS, Round } from './round.ts';
import { settle } from './settle.ts';
import { Bell, systemAfter } from './waiting.ts';

/** Leases taken by one claim: reading them must not keep the event loop for long. What a batch takes beyond is claimed after. */
const CLAIM_MAX = 25;
/** The same for a line that keeps up: with turns as long as they are without a core to itself, it would not for long. */
const LIVE_CLAIM_MAX = 100;
/**
 * A vendor that takes batches gets what comes within so long after what it got last as one; an event that comes to an idle line
 * waits for nothing.
 */
const GATHER_MS = 15;
/** A line with more to claim, and this far behind with it, does not keep up: others go before it. */
const BEHIND_MS = 2000;
/** How long a lease lasts beyond four timeouts: enough to wait for slots and rate, and to settle. */
const LEASE_SPARE_MS = 60_000;
/** Looks again this late even if no bell rang: wall clocks jump. */
const LONGEST_IDLE_MS = 60_000;
/** Something that is overdue and yet not given out is not asked for more often than this. */
const SHORTEST_IDLE_MS = 250;
const CLAIM_FAILED_MS = 1000;
const CLAIM_FAILED_LONGEST_MS = 30_000;
/** Batch size while there is no destination to build for. */
const DRAIN_BATCH = 100;

export class Worker {
  readonly #line: Line;
  readonly #bell = new Bell();
  /** Rung when gathering is of no use. */
  readonly #enough = new Bell();
  readonly #under = new Set<Promise<void>>();
  readonly #unlisten: () => void;
  readonly #loop: Promise<void>;
  #claimFailedMs = CLAIM_FAILED_MS;
  /** Until when, on the monotonic clock, it is worth waiting for more of a batch. */
  #gatherUntil = 0;
  /** Calls that something is due, since the last claim; each is for one event at least. */
  #arrived = 0;
  /** When something is due again, wall clock ms, as far as is known; `unknown` once anything was put off. */
  #nextDueAt: number | null | 'unknown' = 'unknown';

  /** Starts at once. */
  constructor(line: Line, wanted: Wanted) {
    this.#line = line;
    this.#line.set(wanted);
    this.#unlisten = line.ports.queue.onDue(line.name, () => this.#due());
    this.#loop = this.#run();
  }

  /** Takes over what a new snapshot says. */
  set(wanted: Wanted): void {
    this.#line.set(wanted);
    this.#enough.ring();
    this.#bell.ring();
  }

  /** Claims nothing more and begins no request; resolves when all that was under way has been settled. */
  async stop(): Promise<void> {
    this.#unlisten();
    this.#line.stop();
    this.#enough.ring();
    this.#bell.ring();
    await this.#loop;
    while (this.#under.size > 0) await Promise.all(this.#under);
    await this.#line.close();
  }

  /** Ends the requests that are still under way. */
  interrupt(): void {
    this.#line.interrupt();
  }

  async #run(): Promise<void> {
    while (!this.#line.stopping) {
      const waitMs = this.#line.waitMs();
      if (this.#under.size >= this.#line.concurrency) await this.#sleep(null);
      else if (waitMs > 0) await this.#sleep(Number.isFinite(waitMs) ? waitMs : null);
      else if (this.#gathers()) await this.#gather();
      else await this.#turn();
    }
  }

  get #size(): number {
    const { setup } = this.#line;
    if (setup === null) return DRAIN_BATCH;
    const { type, destination } = setup;
    return type.batchUnder?.(destination.settings) ?? type.batch.events;
  }

  #due(): void {
    this.#arrived += 1;
    if (this.#arrived >= this.#size) this.#enough.ring();
    this.#bell.ring();
  }

  /** Is it worth waiting for more? Not with a batch full, not for a probe. */
  #gathers(): boolean {
    const size = this.#size;
    if (size === 1 || this.#arrived >= size || !this.#line.maySend(false)) return false;
    return this.#line.ports.clock.monotonic() < this.#gatherUntil;
  }

  async #gather(): Promise<void> {
    const { clock, after = systemAfter } = this.#line.ports;
    await this.#enough.wait(this.#gatherUntil - clock.monotonic(), after);
  }

  /** One batch, or as many small ones as make one claim; waits if there is nothing more to claim. */
  async #turn(): Promise<void> {
    const admitted = this.#line.admit();
    if (admitted === null) return;
    const size = this.#size;
    const free = this.#line.concurrency - this.#under.size;
    const max = admitted.probe ? 1 : Math.min(free * size, Math.max(size, CLAIM_MAX - (CLAIM_MAX % size)));
    this.#arrived = 0;
    const { held, more } = await this.#take(max);
    const oldestAt = held[0]?.lease.firstAt ?? Number.POSITIVE_INFINITY;
    this.#line.hasBacklog = more && this.#line.ports.clock.now() - oldestAt > BEHIND_MS;
    if (held.length === 0 && admitted.probe) this.#line.tell({ kind: 'unused' });
    await Promise.all(chunks(held, size).map((batch) => this.#begin(batch, admitted.probe)));
    if (!more && held.length > 0) this.#gatherUntil = this.#line.ports.clock.monotonic() + GATHER_MS;
    if (!more) await this.#idle();
  }

  /** Claims so many, or what there is. `more`: there may be more now. */
  async #take(max: number): Promise<{ readonly held: readonly Held[]; readonly more: boolean }> {
    const { setup, ports } = this.#line;
    const leaseMs = LEASE_SPARE_MS + 4 * (setup?.destination.timeoutMs ?? 0) + LEASE_MARGIN_MS;
    const held: Held[] = [];
    for (let left = max; left > 0;) {
      const asked = Math.min(left, this.#line.hasBacklog ? CLAIM_MAX : LIVE_CLAIM_MAX);
      const leaseEndsAt = ports.clock.monotonic() + leaseMs;
      await this.#line.slices.turn(asked, this.#line.hasBacklog);
      const leases = await this.#claim(asked, leaseMs);
      if (leases === null) break;
      held.push(...(await this.#readable(leases, leaseEndsAt)));
      if (leases.length < asked) return { held, more: false };
      left -= asked;
      // What is claimed now could only be put back.
      if (!this.#line.maySend(false)) break;
    }
    return { held, more: true };
  }

  /** Null if the store does not answer: it is asked again after a growing wait. */
  async #claim(max: number, leaseMs: number): Promise<readonly Lease[] | null> {
    const { queue, clock, log } = this.#line.ports;
    try {
      const destination = this.#line.name;
      const leases = await queue.claim({ destination, max, leaseMs, now: clock.now() });
      this.#claimFailedMs = CLAIM_FAILED_MS;
      return leases;
    } catch {
      log.warn('claim_failed', { destination: this.#line.name });
      this.#line.hold(this.#claimFailedMs);
      this.#claimFailedMs = Math.min(CLAIM_FAILED_LONGEST_MS, this.#claimFailedMs * 2);
      return null;
    }
  }

  /** Ends what cannot be read, and what may have been sent by an attempt that nobody saw the end of. */
  async #readable(leases: readonly Lease[], leaseEndsAt: number): Promise<readonly Held[]> {
    const line = this.#line;
    const held: Held[] = [];
    const ended: Settlement[] = [];
    for (const lease of leases) {
      const { item, id, token } = lease;
      if ('poison' in item) ended.push({ id, token, result: { name: 'poison', code: item.poison } });
      else if (lease.unsettled === true && line.setup !== null && onlyOnce(line.setup))
        ended.push({ id, token, result: INTERRUPTED_END });
      else held.push({ lease, delivery: item, leaseEndsAt });
    }
    await settle(line, ended, leaseEndsAt);
    return held;
  }

  /** Resolves when what the batch leads to is ready to be sent. */
  #begin(batch: readonly Held[], probe: boolean): Promise<void> {
    const round = new Round(this.#line, probe);
    const run = round
      .run(batch)
      .catch(() => this.#line.ports.log.error('round_failed', { destination: this.#line.name }))
      .then(() => {
        if (probe && !round.told) this.#line.tell({ kind: 'unused' });
        const wasFull = this.#under.size >= this.#line.concurrency;
        this.#under.delete(run);
        if (this.#line.takePutOff()) this.#nextDueAt = 'unknown';
        if (wasFull || probe || this.#nextDueAt === 'unknown') this.#bell.ring();
      });
    this.#under.add(run);
    return round.prepared;
  }

  /** Waits until something is due, without asking the store again while nothing was put off. */
  async #idle(): Promise<void> {
    const { queue, clock, log } = this.#line.ports;
    try {
      if (this.#nextDueAt === 'unknown') this.#nextDueAt = await queue.nextDueAt(this.#line.name);
    } catch {
      log.warn('claim_failed', { destination: this.#line.name });
    }
    const dueAt = typeof this.#nextDueAt === 'number' ? this.#nextDueAt : Number.POSITIVE_INFINITY;
    const since = clock.monotonic();
    await this.#sleep(Math.min(LONGEST_IDLE_MS, Math.max(SHORTEST_IDLE_MS, dueAt - clock.now())));
    if (clock.now() >= dueAt || clock.monotonic() - since >= LONGEST_IDLE_MS) this.#nextDueAt = 'unknown';
  }

  #sleep(ms: number | null): Promise<void> {
    return this.#bell.wait(ms, this.#line.ports.after ?? systemAfter);
  }
}

const INTERRUPTED_END: Outcome = { name: 'uncertain', code: 'interrupted' };
