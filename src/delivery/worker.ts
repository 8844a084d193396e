// The loop of one destination: claim what is due and see it through, as much at a time as the route allows. It waits for
// bells and never polls; nothing another destination does can delay it.

import type { Lease, Outcome, Settlement } from '../core/delivery.ts';
import { chunks, type Held } from './batch.ts';
import { Line, onlyOnce, type Wanted } from './line.ts';
import type { DeliveryPorts } from './ports.ts';
import { LEASE_MARGIN_MS, Round } from './round.ts';
import { settle } from './settle.ts';
import { Bell, systemAfter } from './waiting.ts';

/** Leases taken by one claim, unless a single batch is larger: judging them must not keep the event loop for long. */
const CLAIM_MAX = 500;
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
  readonly #under = new Set<Promise<void>>();
  readonly #unlisten: () => void;
  readonly #loop: Promise<void>;
  #claimFailedMs = CLAIM_FAILED_MS;
  /** When something is due again, wall clock ms, as far as is known; `unknown` once anything was put off. */
  #nextDueAt: number | null | 'unknown' = 'unknown';

  /** Starts at once. */
  constructor(name: string, wanted: Wanted, ports: DeliveryPorts) {
    this.#line = new Line(name, ports);
    this.#line.set(wanted);
    this.#unlisten = ports.queue.onDue(name, () => this.#bell.ring());
    this.#loop = this.#run();
  }

  /** Takes over what a new snapshot says. */
  set(wanted: Wanted): void {
    this.#line.set(wanted);
    this.#bell.ring();
  }

  /** Claims nothing more and begins no request; resolves when all that was under way has been settled. */
  async stop(): Promise<void> {
    this.#unlisten();
    this.#line.stop();
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
      else await this.#turn();
    }
  }

  /** One claim, and the rounds it leads to; waits if there is nothing more to claim. */
  async #turn(): Promise<void> {
    const { setup } = this.#line;
    const admitted = this.#line.admit();
    if (admitted === null) return;
    const size = setup === null ? DRAIN_BATCH : setup.type.batch.events;
    const free = this.#line.concurrency - this.#under.size;
    const max = admitted.probe ? 1 : Math.min(free * size, Math.max(size, CLAIM_MAX));
    const leaseMs = LEASE_SPARE_MS + 4 * (setup?.destination.timeoutMs ?? 0) + LEASE_MARGIN_MS;
    const leaseEndsAt = this.#line.ports.clock.monotonic() + leaseMs;
    const leases = await this.#claim(max, leaseMs);
    const held = leases === null ? [] : await this.#readable(leases, leaseEndsAt);
    if (held.length === 0 && admitted.probe) this.#line.tell({ kind: 'unused' });
    for (const batch of chunks(held, size)) this.#begin(batch, admitted.probe);
    if (leases !== null && leases.length < max) await this.#idle();
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

  #begin(batch: readonly Held[], probe: boolean): void {
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
