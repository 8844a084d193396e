// The way into and out of the store for everything but recordings: accepting is one durable append, shared with whatever
// arrives in the same moment; a repetition in flight shares the fate of the first; workers are told when something is due.

import type { Lease, LeaseKey, Settlement } from '../core/delivery.ts';
import type {
  Accepted,
  Admission,
  AdmittedEvent,
  Appended,
  ClaimRequest,
  Facts,
  Found,
  Store,
} from '../core/ports.ts';
import { Denials } from './denials.ts';
import type { DenialOptions } from './denials.ts';
import { FLIGHT_LIMITS, Flights } from './flights.ts';
import type { FlightLimits } from './flights.ts';

/** Outcomes after which the payload stays, as a dead letter. */
const STAYS: ReadonlySet<string> = new Set(['rejected', 'expired', 'poison']);
const PAGE = 5000;
/** What an admission and a delivery take besides what the request said. */
export const ADMISSION_BYTES = 512;
export const DELIVERY_BYTES = 1024;

interface Appending {
  readonly admissions: readonly Admission[];
  readonly bytes: number;
  /** Of their messages, in flight from now on. */
  readonly digests: readonly string[];
  /** What is known of the call before the store is asked. */
  readonly told: Accepted;
}

export class Outbox {
  /** What people said since; counts what is open. */
  readonly denials: Denials;
  readonly #store: Store;
  readonly #flights: Flights;
  /** Dedupe digests being appended, each with the append that decides its fate. */
  readonly #inFlight = new Map<string, Promise<unknown>>();
  /** Subjects of leased deliveries, so that their end can be counted. */
  readonly #leased = new Map<string, readonly string[]>();
  #recounting: Promise<void> = Promise.resolve();
  readonly #listeners = new Map<string, Set<() => void>>();
  #stopDue: (() => void) | null = null;

  private constructor(store: Store, denials: Denials, limits: FlightLimits) {
    this.#store = store;
    this.denials = denials;
    this.#flights = new Flights(store, limits);
  }

  /** Counts what is open per subject before anything is accepted or claimed. */
  static async open(
    ports: { readonly store: Store; readonly facts: Facts } & Pick<DenialOptions, 'waitsFor'>,
    limits: Partial<FlightLimits> = {},
  ): Promise<Outbox> {
    const { store, facts, waitsFor } = ports;
    const denials = await Denials.over(facts, {
      holding: store.holding ?? null,
      ...(waitsFor && { waitsFor }),
    });
    const outbox = new Outbox(store, denials, { ...FLIGHT_LIMITS, ...limits });
    outbox.#stopDue = store.onDue?.((name) => outbox.#wake(name)) ?? null;
    if (store.holding === undefined) await denials.rebuild(outbox.#openSubjects());
    return outbox;
  }

  /**
   * Resolves after the durable append; `duplicates` are events known already, within 24 h or in flight. `bytes` is the size of
   * the request they came in: by it what waits is bounded, since walking every event would cost a tenth of it.
   */
  accept(admissions: readonly Admission[], bytes = 0): Promise<Accepted> {
    const accepted = eventsOf(admissions);
    const { fresh, others, digests } = this.#withoutInFlight(admissions);
    const known = accepted - eventsOf(fresh);
    const own = this.#append({ admissions: fresh, bytes, digests, told: { accepted, duplicates: known } });
    for (const digest of digests) this.#inFlight.set(digest, own);
    return others.size === 0 ? own : Promise.all([own, ...others]).then(([told]) => told);
  }

  /** A no by these subjects, for these destinations, as of `at`: in force at once, and durable where it counts when it resolves. */
  deny(subjects: readonly string[], destinations: readonly string[], at: number): Promise<void> {
    return this.denials.deny(subjects, destinations, at);
  }

  async claim(request: ClaimRequest): Promise<readonly Lease[]> {
    const leases = await this.#store.claim(request);
    if (this.#store.holding !== undefined) return leases;
    for (const lease of leases)
      this.#leased.set(lease.token, 'poison' in lease.item ? [] : lease.item.subjects);
    return leases;
  }

  begin(leases: readonly LeaseKey[]): Promise<readonly ('begun' | 'lost')[]> {
    return this.#store.begin(leases);
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly ('settled' | 'lost')[]> {
    const answers = await this.#store.settle(settlements);
    const forgetting: Promise<void>[] = [];
    for (const [index, { token, result }] of settlements.entries()) {
      const subjects = this.#leased.get(token) ?? [];
      this.#leased.delete(token);
      if (answers[index] !== 'settled') continue;
      if ('name' in result && !STAYS.has(result.name)) forgetting.push(this.denials.ended(subjects, 1));
    }
    // What is settled stays so: if it were told as failed, it would be tried again, and count as lost. A denial that could not be
    // forgotten is at the next start.
    await Promise.allSettled(forgetting);
    return answers;
  }

  /** Dead letters back to the queue; every worker looks again. */
  async requeue(ids: readonly string[]): Promise<number> {
    // A delivery that changes from dead to pending while both are counted could be missed by both.
    await this.#recounting;
    const count = await this.#store.requeue(ids);
    if (count > 0) for (const name of this.#listeners.keys()) this.#wake(name);
    return count;
  }

  /** Counting anew takes longer than the erasure itself; it can be spared if nothing was open of anyone it was for. */
  async erase(subjects: readonly string[]): Promise<number> {
    const had = subjects.some((subject) => this.denials.hasPending(subject));
    const count = await this.#store.erase(subjects);
    if (had || count > 0) await this.recount();
    return count;
  }

  /** Does more wait to be stored than half of what may? */
  get isBehind(): boolean {
    return this.#flights.isBehind;
  }

  /**
   * Housekeeping, then counting anew if any denial is kept: it may have been for dead letters that are gone now. Without one, a
   * count that is too high costs twelve bytes, and the next prune after a denial puts it right.
   */
  async prune(keep: Parameters<Store['prune']>[0]): Promise<void> {
    await this.#store.prune(keep);
    if (this.denials.remembers) await this.recount();
  }

  async recount(): Promise<void> {
    const { holding } = this.#store;
    const turn = this.#recounting.then(() =>
      holding === undefined ? this.denials.rebuild(this.#openSubjects()) : this.denials.tidy(holding),
    );
    this.#recounting = turn.catch(() => undefined);
    await turn;
  }

  /** Calls `listener` whenever something for this destination may have become due; returns a stop function. */
  onDue(destination: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(destination) ?? new Set();
    this.#listeners.set(destination, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** When to look next without having been woken: wall clock ms, or null if nothing is pending. */
  async nextDueAt(destination: string): Promise<number | null> {
    const stats = (await this.#store.stats()).destinations[destination];
    return stats?.nextDueAt ?? null;
  }

  /** Destinations with anything pending, also those that the routing file no longer has. */
  async waiting(): Promise<readonly string[]> {
    const stats = await this.#store.stats();
    return Object.keys(stats.destinations).filter((name) => (stats.destinations[name]?.pending ?? 0) > 0);
  }

  /** Resolves when nothing accepted is still on its way to the disk. */
  async stop(): Promise<void> {
    await this.#flights.landed();
    this.#stopDue?.();
    this.denials.stop();
  }

  /** Takes out events whose digest is being appended already; what they wait for decides about them too. */
  #withoutInFlight(admissions: readonly Admission[]): {
    readonly fresh: readonly Admission[];
    readonly others: ReadonlySet<Promise<unknown>>;
    readonly digests: readonly string[];
  } {
    const others = new Set<Promise<unknown>>();
    const digests: string[] = [];
    const isFresh = ({ dedupe }: AdmittedEvent): boolean => {
      if (dedupe === null) return true;
      const first = this.#inFlight.get(dedupe);
      if (first === undefined) digests.push(dedupe);
      else others.add(first);
      return first === undefined;
    };
    const fresh: Admission[] = [];
    for (const admission of admissions) {
      const events = admission.events.filter(isFresh);
      if (events.length === admission.events.length) fresh.push(admission);
      else if (events.length > 0) fresh.push({ ...admission, events });
    }
    return { fresh, others, digests };
  }

  /** One promise for all of it: there is an append for every request. */
  #append({ admissions, bytes, digests, told }: Appending): Promise<Accepted> {
    if (admissions.length === 0) return Promise.resolve(told);
    let weight = bytes;
    for (const { subjects, events } of admissions) {
      const deliveries = deliveriesOf(events);
      this.denials.opened(subjects, deliveries);
      weight += ADMISSION_BYTES + deliveries * DELIVERY_BYTES;
    }
    const forget = (): void => {
      for (const digest of digests) this.#inFlight.delete(digest);
    };
    return this.#flights.append(admissions, weight, {
      landed: (appended) => {
        forget();
        return this.#landed(admissions, appended, told);
      },
      failed: async (error) => {
        forget();
        for (const one of admissions) await this.denials.ended(one.subjects, deliveriesOf(one.events));
        throw error;
      },
    });
  }

  /** Tells workers what is due. Deliveries of events that the store knew are not open again. */
  #landed(
    admissions: readonly Admission[],
    appended: readonly Appended[],
    told: Accepted,
  ): Accepted | Promise<Accepted> {
    const due: string[] = [];
    const ended: Promise<void>[] = [];
    let { duplicates } = told;
    for (const [index, { subjects, events }] of admissions.entries()) {
      const known = appended[index]?.duplicates ?? [];
      const fresh = known.length === 0 ? events : events.filter((_, at) => !known.includes(at));
      for (const { destinations } of fresh)
        for (const name of destinations) if (!due.includes(name)) due.push(name);
      const { holding } = this.#store;
      if (known.length === 0 && holding === undefined) continue;
      duplicates += known.length;
      // Where others count what is open, nothing is left to be counted here.
      const over = deliveriesOf(events) - (holding === undefined ? deliveriesOf(fresh) : 0);
      if (over > 0) ended.push(this.denials.ended(subjects, over));
    }
    for (const name of due) this.#wake(name);
    const result = { accepted: told.accepted, duplicates };
    return ended.length === 0 ? result : Promise.all(ended).then(() => result);
  }

  #wake(destination: string): void {
    this.#listeners.get(destination)?.forEach((listener) => listener());
  }

  /** Subjects of everything pending or dead, page by page, once all that was accepted before is durable. */
  async *#openSubjects(): AsyncGenerator<readonly string[]> {
    await this.#flights.landed();
    for (const state of ['pending', 'dead'] as const) {
      let after: string | undefined;
      for (;;) {
        const page: readonly Found[] = await this.#store.find(
          after === undefined ? { state, limit: PAGE } : { state, limit: PAGE, after },
        );
        for (const found of page) yield found.subjects;
        if (page.length < PAGE) break;
        after = page.at(-1)?.id;
      }
    }
  }
}

function eventsOf(admissions: readonly Admission[]): number {
  let events = 0;
  for (const one of admissions) events += one.events.length;
  return events;
}

function deliveriesOf(events: readonly AdmittedEvent[]): number {
  let deliveries = 0;
  for (const { destinations } of events) deliveries += destinations.length;
  return deliveries;
}
