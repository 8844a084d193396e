// The partitions that are here now: taken, released and dropped as ownership says, and what is done with all or some of them.

import { setTimeout as pause } from 'node:timers/promises';
import type { LeaseKey } from '../../core/delivery.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { Partition } from './partition.ts';
import type { PartitionPorts } from './partition.ts';
import { Fenced } from './publish.ts';

/** Deliveries under way get so long before their partition changes hands. */
const LEASES_MS = 5_000;
const LEASES_LOOK_MS = 50;

export interface OwnedPorts {
  /** How many partitions there are. */
  readonly of: number;
  readonly steady: Clock;
  partition(n: number): Omit<PartitionPorts, 'n' | 'lost'>;
  /** Something for these destinations came in. */
  due(destinations: Iterable<string>): void;
  /** It cannot be used any more. */
  lost(n: number): void;
}

export class OwnedPartitions {
  readonly #ports: OwnedPorts;
  readonly #here = new Map<number, Partition>();
  /** On their way to another gateway. */
  readonly #leaving = new Set<number>();
  #hurried = false;

  constructor(ports: OwnedPorts) {
    this.#ports = ports;
  }

  numbers(): readonly number[] {
    return [...this.#here.keys()];
  }

  all(): readonly Partition[] {
    return [...this.#here.values()];
  }

  get(n: number): Partition | undefined {
    return this.#here.get(n);
  }

  /** Throws `store_unavailable` for one that is not here. */
  demand(n: number): Partition {
    const partition = this.#here.get(n);
    if (partition !== undefined) return partition;
    throw new GatewayError('store_unavailable', 'this part of the store is elsewhere', { retryAfter: 1 });
  }

  /** Whose first delivery has waited longest comes first. */
  inTurn(destination: string): readonly Partition[] {
    return this.all()
      .filter(({ n }) => !this.#leaving.has(n))
      .map((partition) => ({ partition, due: partition.firstDue(destination) }))
      .sort((a, b) => (a.due === b.due ? 0 : a.due - b.due))
      .map(({ partition }) => partition);
  }

  async take(n: number): Promise<void> {
    this.drop(n);
    const opened: { partition: Partition | null; lost: boolean } = { partition: null, lost: false };
    const lost = (): void => {
      opened.lost = true;
      if (opened.partition === null || this.#here.get(n) !== opened.partition) return;
      this.#here.delete(n);
      this.#ports.lost(n);
    };
    const partition = await Partition.open({ ...this.#ports.partition(n), n, lost });
    if (this.#hurried) partition.drop();
    if (opened.lost || this.#hurried)
      throw new GatewayError('store_unavailable', 'it was lost again at once');
    opened.partition = partition;
    this.#here.set(n, partition);
    this.#ports.due(partition.destinations());
  }

  /** What is under way may end first, unless everything is in a hurry. */
  async release(n: number): Promise<void> {
    const partition = this.#here.get(n);
    if (partition === undefined) return;
    this.#leaving.add(n);
    const { steady } = this.#ports;
    const until = steady.monotonic() + LEASES_MS;
    while (!this.#hurried && partition.leased > 0 && steady.monotonic() < until) await pause(LEASES_LOOK_MS);
    this.#here.delete(n);
    this.#leaving.delete(n);
    await partition.close();
  }

  /** The gateway stops: nothing is waited for. */
  hurry(): void {
    this.#hurried = true;
  }

  drop(n: number): void {
    const partition = this.#here.get(n);
    this.#here.delete(n);
    partition?.drop();
  }

  /** Of an id of a delivery; null for anything else. */
  numberOf(id: string): number | null {
    const match = /^(\d{1,15})\.\d{1,5}$/.exec(id);
    return match === null ? null : Number(match[1]) % this.#ports.of;
  }

  /** One answer for each, in their order: `lost` for what is not here any more. */
  async forEach<K extends LeaseKey, A extends string>(
    keys: readonly K[],
    work: (partition: Partition, some: readonly K[]) => Promise<readonly A[]>,
  ): Promise<readonly (A | 'lost')[]> {
    const answers = keys.map((): A | 'lost' => 'lost');
    const groups = Map.groupBy(keys.keys(), (index) => this.numberOf(keys[index]?.id ?? ''));
    const runs = [...groups].map(async ([n, indexes]) => {
      const partition = n === null ? undefined : this.#here.get(n);
      if (partition === undefined) return;
      const some = indexes.flatMap((index) => keys[index] ?? []);
      try {
        const given = await work(partition, some);
        for (const [at, index] of indexes.entries()) answers[index] = given[at] ?? 'lost';
      } catch (error) {
        if (!(error instanceof Fenced)) throw error;
      }
    });
    await Promise.all(runs);
    return answers;
  }
}
