// One claimed batch on its way: judge again, build, send, read, settle. Whatever happens, each delivery of it is settled or
// put back; nothing is sent that was not judged a moment before, or whose lease could end while it is under way.

import type { Recheck, Result } from '../core/delivery.ts';
import { plan, type Held, type Judged, type Planned } from './batch.ts';
import { signOf } from './circuit.ts';
import { readReply, resultOf } from './classify.ts';
import type { Sent } from './exchange.ts';
import { onlyOnce, type Line, type Setup } from './line.ts';
import type { Slice } from './slices.ts';
import { endingOf, settle, settlement, type Ending } from './settle.ts';

/** A judgement older than this is made again: a request may have waited for its turn. */
const JUDGED_FOR_MS = 500;
/** How soon a delivery comes back that waits for fresh facts. */
const FACTS_WAIT_MS = 1000;
/** How long nothing is claimed after the store did not take down what was about to be sent. */
const BEGIN_FAILED_MS = 1000;
/** What a lease must outlast a request's timeout by, so that its end can still be settled. */
export const LEASE_MARGIN_MS = 5000;

type End = readonly [Held, Ending];
type Ended = readonly End[];

/** A request as it was built, under the setup it was built for. */
interface Ready {
  readonly setup: Setup;
  readonly planned: Planned;
}

/** Judged so far, of one batch. */
interface Judging {
  readonly judged: Judged[];
  readonly ended: End[];
}

/** Judged and built, and not sent yet. */
interface Prepared {
  readonly at: number;
  readonly ready: readonly Ready[];
  readonly ended: Ended;
}

export class Round {
  readonly #line: Line;
  /** The one request that finds out whether the vendor is back. */
  readonly #probe: boolean;
  readonly #alone: Held[] = [];
  readonly #prepared = Promise.withResolvers<void>();
  #told = false;

  constructor(line: Line, probe: boolean) {
    this.#line = line;
    this.#probe = probe;
  }

  /** Sees the batch through. Rejects on nothing that a vendor, a destination or a store does. */
  async run(batch: readonly Held[]): Promise<void> {
    const { at, ready, ended } = await this.#prepare(batch).finally(this.#prepared.resolve);
    const sends = ready.map((one) => this.#send(one, at));
    await Promise.all([this.#settle(ended), ...sends]);
    // The vendor failed these for one of them: each alone, in their order, as far as slots allow.
    await Promise.all(this.#alone.splice(0).map((held) => this.run([held])));
  }

  /** Did any request say something about the vendor? */
  get told(): boolean {
    return this.#told;
  }

  /** Resolves when the batch is judged and built; until then another batch of the destination would only share its time. */
  get prepared(): Promise<void> {
    return this.#prepared.promise;
  }

  /** As many slices of the event loop as it takes; the batch is as old as the first of them. */
  async #prepare(batch: readonly Held[]): Promise<Prepared> {
    const { setup, slices, ports, hasBacklog } = this.#line;
    const at = ports.clock.monotonic();
    const judging: Judging = { judged: [], ended: [] };
    const left = [...batch].reverse();
    for (;;) {
      const prepared = await slices.run((slice) => {
        this.#judge(left, judging, slice);
        return left.length > 0 ? null : this.#build(setup, judging, at);
      }, hasBacklog);
      if (prepared !== null) return prepared;
    }
  }

  #build(setup: Setup | null, { judged, ended }: Judging, at: number): Prepared {
    const { ports, name } = this.#line;
    const prepared = { at, ready: [], ended };
    if (setup === null) {
      const gone = { name: 'dropped', code: 'destination_gone' } as const;
      return { ...prepared, ended: [...ended, ...judged.map(({ held }) => [held, gone] as const)] };
    }
    const { destination, type } = setup;
    const context = { settings: destination.settings, destination, now: ports.clock.now() };
    const planned = plan(type, context, judged);
    for (const { outcome } of planned.ended)
      ports.log.warn('delivery_not_built', { destination: name, code: outcome.code });
    return {
      ...prepared,
      ready: planned.requests.map((one) => ({ setup, planned: one })),
      ended: [...ended, ...planned.ended.map(({ held, outcome }) => [held, outcome] as const)],
    };
  }

  /** Those at the end of the list, as many as there is time for and one at least. */
  #judge(left: Held[], { judged, ended }: Judging, slice: Slice): void {
    do {
      const held = left.pop();
      if (held === undefined) return;
      const verdict = this.#recheck(held);
      if ('send' in verdict) judged.push({ held, event: verdict.send });
      else if ('outcome' in verdict) ended.push([held, { name: verdict.outcome, code: verdict.reason }]);
      else ended.push(this.#waiting(held));
    } while (!slice.isOver());
  }

  /** What throws does not leave. */
  #recheck(held: Held): Recheck {
    try {
      return this.#line.ports.recheck(held.delivery);
    } catch {
      this.#line.ports.log.error('recheck_failed', { destination: this.#line.name });
      return { outcome: 'withheld', reason: 'gate_failed' };
    }
  }

  #waiting(held: Held): End {
    this.#line.hold(FACTS_WAIT_MS);
    return [held, { retryAt: this.#line.ports.clock.now() + FACTS_WAIT_MS, code: 'facts_stale' }];
  }

  /** Sends one request when its turn comes; if that took long, what is sent is what may be sent by then. */
  async #send(ready: Ready, preparedAt: number): Promise<void> {
    const { slots, ports } = this.#line;
    await slots.take();
    const ended: End[] = [];
    let current: Prepared = { at: preparedAt, ready: [ready], ended: [] };
    try {
      await this.#line.pace();
      if (!(await this.#begun(ready))) return await this.#settle(this.#unsent(ready));
      const old = ports.clock.monotonic() - preparedAt > JUDGED_FOR_MS;
      if (old || ready.setup !== this.#line.setup) current = await this.#prepare(heldOf(ready));
      ended.push(...current.ended, ...(await this.#exchange(current.ready[0])));
    } finally {
      slots.give();
    }
    const others = current.ready.slice(1).map((other) => this.#send(other, current.at));
    await Promise.all([this.#settle(ended), ...others]);
  }

  /** Is it on record that this may be sent, where the vendor would count it twice? Nothing is sent if the store does not say so. */
  async #begun({ setup, planned }: Ready): Promise<boolean> {
    const { ports, name } = this.#line;
    if (!onlyOnce(this.#line.setup ?? setup)) return true;
    try {
      const answers = await ports.queue.begin(planned.riders.map(({ held }) => held.lease));
      return !answers.includes('lost');
    } catch {
      ports.log.warn('begin_failed', { destination: name });
      this.#line.hold(BEGIN_FAILED_MS);
      return false;
    }
  }

  #unsent(ready: Ready | undefined): Ended {
    this.#line.unspent();
    return heldOf(ready).map((held) => this.#putBack(held));
  }

  async #exchange(ready: Ready | undefined): Promise<Ended> {
    const line = this.#line;
    if (ready === undefined || !this.#mayGo(ready)) return this.#unsent(ready);
    const { setup, planned } = ready;
    const { request, riders } = planned;
    const start = line.ports.clock.monotonic();
    const sent = await setup.sender.send(
      request,
      riders.map(({ event }) => event),
    );
    line.ports.metrics.deliverySeconds(line.name, (line.ports.clock.monotonic() - start) / 1000);
    const results =
      'reply' in sent
        ? readReply(setup.type, sent.reply, request)
        : riders.map(() => resultOf(sent.failure, setup.type.dedupes));
    this.#tell(sent, results);
    return riders.flatMap(({ held }, index) =>
      this.#ending(setup, { held, of: riders.length }, results[index]),
    );
  }

  /** Nothing begins while stopping or paused, nor what a lease could end under. */
  #mayGo({ setup, planned }: Ready): boolean {
    const neededMs = setup.destination.timeoutMs + LEASE_MARGIN_MS;
    const neededUntil = this.#line.ports.clock.monotonic() + neededMs;
    return (
      this.#line.maySend(this.#probe) && planned.riders.every(({ held }) => held.leaseEndsAt >= neededUntil)
    );
  }

  #ending(setup: Setup, { held, of }: { held: Held; of: number }, result: Result | undefined): Ended {
    if (result === undefined) return [];
    if (result.kind !== 'split' || of === 1)
      return [[held, endingOf(held, result, { line: this.#line, setup })]];
    this.#alone.push(held);
    return [];
  }

  /** Back to the queue: nothing was sent, so nothing failed. */
  #putBack(held: Held): End {
    const line = this.#line;
    const waitMs = line.stopping ? 0 : line.waitMs();
    return [
      held,
      {
        retryAt: line.ports.clock.now() + (Number.isFinite(waitMs) ? waitMs : FACTS_WAIT_MS),
        code: 'put_back',
      },
    ];
  }

  /** Tells the line what the answer, or its absence, says about the vendor, and the log what went wrong. */
  #tell(sent: Sent, results: readonly Result[]): void {
    const { name, ports } = this.#line;
    const sign = signOf(sent, results);
    if (sign !== null) {
      this.#told = true;
      this.#line.tell(sign);
    }
    const failed = results.filter((result) => result.kind !== 'delivered');
    const code = failed[0]?.code;
    if (code !== undefined)
      ports.log.warn('delivery_failed', { destination: name, code, count: failed.length });
  }

  async #settle(ended: Ended): Promise<void> {
    const until = Math.min(...ended.map(([held]) => held.leaseEndsAt));
    await settle(
      this.#line,
      ended.map(([held, ending]) => settlement(held, ending)),
      until,
    );
  }
}

const heldOf = (ready: Ready | undefined): readonly Held[] =>
  ready === undefined ? [] : ready.planned.riders.map(({ held }) => held);
