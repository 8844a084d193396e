// Which gateway has which partition: a fact for each partition names its owner, taken by compare-and-set, and heartbeats among the
// facts say who lives. A gateway is dead when its heartbeat was not seen for a while by the clock of whoever looks; wall clocks are
// never compared. An owner that cannot see its own heartbeat stops before others may think it dead.

import { createHash } from 'node:crypto';
import { isObject } from '../../core/json.ts';
import type { Clock, Fact, Facts, Log } from '../../core/ports.ts';
import { GATEWAY } from './factsCopy.ts';

const PARTITION = 'partition/';
/** Without a heartbeat for so long a gateway is dead. */
const DEAD_MS = 3_000;
/** Without one of its own that came back for so long a gateway claims and begins nothing. */
const SILENT_MS = 2_000;
const LOOK_MS = 250;
/** After a partition could not be opened. */
const AGAIN_MS = 1_000;

export interface OwnershipPorts {
  /** Of this life of this gateway. */
  readonly gateway: string;
  readonly partitions: number;
  readonly facts: Facts;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes a partition ours in fact; rejects if it cannot be had now. */
  take(n: number): Promise<void>;
  /** Ends what is under way and lets go. */
  release(n: number): Promise<void>;
  /** Another gateway has it. */
  drop(n: number): void;
}

interface Held {
  readonly gateway: string | null;
  readonly revision: number;
}

type Ours = 'taking' | 'here' | 'releasing';

export class Ownership {
  readonly #ports: OwnershipPorts;
  readonly #held = new Map<number, Held>();
  /** Gateways by the monotonic instant at which their heartbeat was last seen. */
  readonly #seen = new Map<string, number>();
  /** Gateways that said they are leaving: a heartbeat that was under way means nothing any more. */
  readonly #left = new Set<string>();
  readonly #ours = new Map<number, Ours>();
  readonly #failedAt = new Map<number, number>();
  readonly #stops: (() => void)[];
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #takeovers = 0;

  private constructor(ports: OwnershipPorts) {
    this.#ports = ports;
    const { facts } = ports;
    this.#stops = [
      facts.watch(GATEWAY, (fact) => this.#sawGateway(fact)),
      facts.watch(PARTITION, (fact) => this.#sawPartition(fact)),
    ];
  }

  /** Resolves when what nobody else has has been taken. */
  static async open(ports: OwnershipPorts): Promise<Ownership> {
    const ownership = new Ownership(ports);
    for (const fact of await ports.facts.list(GATEWAY)) ownership.#sawGateway(fact);
    for (const fact of await ports.facts.list(PARTITION)) ownership.#sawPartition(fact);
    await Promise.all(ownership.#look());
    ownership.#timer = setInterval(() => void ownership.#look(), LOOK_MS);
    return ownership;
  }

  /** May anything be claimed or begun? Not when others could think this gateway dead. */
  get mayAct(): boolean {
    return this.#ports.clock.monotonic() - this.#ports.facts.freshAt() <= SILENT_MS;
  }

  /** Partitions that were had from gateways that had died. */
  get takeovers(): number {
    return this.#takeovers;
  }

  /** It is no longer here, whoever has it by the facts: it is taken again after a while. */
  lost(n: number): void {
    if (!this.#ours.delete(n)) return;
    this.#failedAt.set(n, this.#ports.clock.monotonic());
    this.#ports.log.warn('partition_lost', { partition: n });
  }

  /** Releases everything at once, and says that this gateway is leaving, so that nobody waits for its heartbeat. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all([...this.#ours.keys()].map((n) => this.#release(n)));
    this.#stops.forEach((stop) => stop());
  }

  #sawGateway({ key, value }: Fact): void {
    const gateway = key.slice(GATEWAY.length);
    if (value === null) {
      this.#seen.delete(gateway);
      this.#left.delete(gateway);
    } else if (!this.#left.has(gateway)) this.#seen.set(gateway, this.#ports.clock.monotonic());
  }

  #sawPartition({ key, value, revision }: Fact): void {
    const n = Number(key.slice(PARTITION.length));
    const [gateway, left] = isObject(value) ? [value['gateway'], value['left']] : [];
    if (typeof left === 'string') {
      this.#seen.delete(left);
      this.#left.add(left);
    }
    const known = this.#held.get(n);
    if ((known?.revision ?? 0) >= revision) return;
    this.#held.set(n, { gateway: typeof gateway === 'string' ? gateway : null, revision });
    if (gateway !== this.#ports.gateway && this.#ours.get(n) === 'here') {
      this.#ours.delete(n);
      this.#ports.log.warn('partition_lost', { partition: n });
      this.#ports.drop(n);
    }
    // A release is taken up at once.
    if (typeof gateway !== 'string') setImmediate(() => void this.#look());
  }

  #lives(gateway: string): boolean {
    const { clock, gateway: self } = this.#ports;
    if (gateway === self) return !this.#closed;
    return clock.monotonic() - (this.#seen.get(gateway) ?? -Infinity) < DEAD_MS;
  }

  /** Rendezvous: each partition ranks the living, so that a change of one moves no more than its share. */
  #wanted(n: number): string {
    const { gateway: self } = this.#ports;
    let [best, rank] = [self, rankOf(self, n)];
    for (const gateway of this.#seen.keys()) {
      const its = rankOf(gateway, n);
      if (its > rank && this.#lives(gateway)) [best, rank] = [gateway, its];
    }
    return best;
  }

  /** What has to be done now; each promise ends when it is done or has failed. */
  #look(): readonly Promise<void>[] {
    if (this.#closed || !this.mayAct) return [];
    const { partitions, gateway: self, clock } = this.#ports;
    const doing: Promise<void>[] = [];
    for (let n = 0; n < partitions; n += 1) {
      const ours = this.#ours.get(n);
      const wanted = this.#wanted(n) === self;
      const holder = this.#held.get(n)?.gateway ?? null;
      const free = holder === null || holder === self || !this.#lives(holder);
      const failed = clock.monotonic() - (this.#failedAt.get(n) ?? -Infinity) < AGAIN_MS;
      // Also what is ours by the facts alone, because it could not be opened or let go.
      const mine = ours === 'here' || (ours === undefined && holder === self);
      if (mine && !wanted) doing.push(this.#release(n));
      else if (ours === undefined && wanted && free && !failed) doing.push(this.#take(n));
    }
    return doing;
  }

  async #take(n: number): Promise<void> {
    const { gateway, facts, log, clock } = this.#ports;
    const held = this.#held.get(n);
    this.#ours.set(n, 'taking');
    try {
      if (held?.gateway !== gateway) {
        const revision = await facts.put(PARTITION + n, { gateway }, held?.revision ?? 0);
        if (revision === null) return void this.#ours.delete(n);
        this.#sawPartition({ key: PARTITION + n, value: { gateway }, revision });
      }
      await this.#ports.take(n);
      if (this.#ours.get(n) !== 'taking') return;
      this.#ours.set(n, 'here');
      if (typeof held?.gateway === 'string' && held.gateway !== gateway) this.#takeovers += 1;
      log.info('partition_taken', { partition: n });
      if (this.#held.get(n)?.gateway !== gateway) this.#dropHere(n);
    } catch {
      this.#ours.delete(n);
      this.#failedAt.set(n, clock.monotonic());
      log.warn('partition_not_taken', { partition: n });
    }
  }

  #dropHere(n: number): void {
    this.#ours.delete(n);
    this.#ports.log.warn('partition_lost', { partition: n });
    this.#ports.drop(n);
  }

  async #release(n: number): Promise<void> {
    const { facts, log, gateway } = this.#ports;
    this.#ours.set(n, 'releasing');
    await this.#ports.release(n).catch(() => undefined);
    const held = this.#held.get(n);
    const value = this.#closed ? { gateway: null, left: gateway } : { gateway: null };
    // Where this fails, the others wait until this gateway's heartbeat is old.
    if (held?.gateway === gateway)
      await facts.put(PARTITION + n, value, held.revision).catch(() => undefined);
    this.#ours.delete(n);
    log.info('partition_released', { partition: n });
  }
}

const rankOf = (gateway: string, n: number): number =>
  createHash('sha256').update(`${gateway} ${n}`).digest().readUIntBE(0, 6);
