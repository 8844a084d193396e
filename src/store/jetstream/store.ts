// `Store` over partitioned streams: appends go to any partition, claims and settlements to those owned here, and what concerns all
// of them is asked of all gateways.

import { setTimeout as pause } from 'node:timers/promises';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { LedgerEntry, Lease, LeaseKey, Settlement } from '../../core/delivery.ts';
import { GatewayError } from '../../core/errors.ts';
import type {
  Admission,
  Appended,
  ClaimRequest,
  Clock,
  EntriesQuery,
  Facts,
  FindQuery,
  Found,
  Log,
  Replication,
  Store,
  StoreStats,
} from '../../core/ports.ts';
import type { NatsAddress } from './address.ts';
import { Appender } from './append.ts';
import { asUnavailable } from './connection.ts';
import type { Connection } from './connection.ts';
import { Everywhere } from './everywhere.ts';
import { pruneLedger, readEntries } from './ledger.ts';
import type { LedgerReader } from './ledger.ts';
import { LedgerWriter } from './ledgerWriter.ts';
import type { LocalFolder } from './local.ts';
import { OwnedPartitions } from './owned.ts';
import { Ownership } from './ownership.ts';
import { Room } from './room.ts';
import { mergeStats } from './stats.ts';
import { namesOf } from './streams.ts';

const DEFAULT_LIMIT = 1000;
/** A claim waits so long for what this gateway itself appended before. */
const OWN_MS = 500;
const LEDGER_MS = 2_000;

export interface ReplicatedPorts {
  readonly address: NatsAddress;
  readonly connection: Connection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly facts: Facts;
  readonly folder: LocalFolder;
  /** Of this life of this gateway. */
  readonly gateway: string;
  readonly clock: Clock;
  /** By which heartbeats are judged. */
  readonly steady: Clock;
  readonly log: Log;
  /** Closes what the store was opened over. */
  closed(): Promise<void>;
}

export class ReplicatedStore implements Store {
  readonly #ports: ReplicatedPorts;
  readonly #owned: OwnedPartitions;
  readonly #room: Room;
  readonly #appender: Appender;
  readonly #ledger: LedgerWriter;
  readonly #reader: LedgerReader;
  readonly #everywhere: Everywhere;
  readonly #listeners = new Set<(destination: string) => void>();
  #repetitions = 0;
  #ownership: Ownership | null = null;
  #closing: Promise<void> | null = null;

  private constructor(ports: ReplicatedPorts) {
    const { address, connection, js, jsm, gateway, clock, steady, folder, log } = ports;
    const { nats } = connection;
    const names = namesOf(address.prefix);
    const ledger = new LedgerWriter(js, names.ledgerSubject, gateway);
    const due = (destinations: Iterable<string>): void => this.#due(destinations);
    const { partitions: of, dedupeMs } = address;
    const repeated = (count: number): void => void (this.#repetitions += count);
    const shared = { of, dedupeMs, names, connection, js, jsm, folder, clock, log, ledger, due, repeated };
    this.#ports = ports;
    this.#ledger = ledger;
    this.#reader = { js, jsm, stream: names.ledger };
    this.#owned = new OwnedPartitions({
      of,
      steady,
      due,
      partition: () => shared,
      lost: (n) => this.#ownership?.lost(n),
    });
    this.#room = new Room(jsm, address);
    this.#appender = new Appender({
      room: this.#room,
      js,
      names,
      partitions: of,
      maxPayload: nats.info?.max_payload ?? 1024 * 1024,
      clock,
      here: () => this.#owned.numbers(),
    });
    this.#everywhere = new Everywhere({ nats, subject: names.ask, of, owned: this.#owned });
  }

  /** Resolves when what no other gateway has is here. */
  static async open(ports: ReplicatedPorts): Promise<ReplicatedStore> {
    const store = new ReplicatedStore(ports);
    const { gateway, facts, steady, log, address } = ports;
    store.#ownership = await Ownership.open({
      gateway,
      partitions: address.partitions,
      facts,
      clock: steady,
      log,
      take: (n) => store.#owned.take(n),
      release: (n) => store.#owned.release(n),
      drop: (n) => store.#owned.drop(n),
    });
    return store;
  }

  async append(admissions: readonly Admission[]): Promise<readonly Appended[]> {
    this.#demandOpen();
    return this.#appender.append(admissions);
  }

  async claim(request: ClaimRequest): Promise<readonly Lease[]> {
    this.#demandOpen();
    if (this.#ownership?.mayAct !== true) return [];
    await this.#followOwn();
    const leases: Lease[] = [];
    for (const partition of this.#owned.inTurn(request.destination)) {
      const max = request.max - leases.length;
      if (max === 0) break;
      try {
        leases.push(...(await partition.store.claim({ ...request, max })));
      } catch (error) {
        // What is leased elsewhere must not be forgotten because one partition changes hands.
        if (leases.length === 0) throw error;
      }
    }
    return leases;
  }

  begin(leases: readonly LeaseKey[]): Promise<readonly ('begun' | 'lost')[]> {
    this.#demandOpen();
    if (this.#ownership?.mayAct !== true) return Promise.resolve(leases.map(() => 'lost' as const));
    return this.#owned.forEach(leases, (partition, some) => partition.change((store) => store.begin(some)));
  }

  settle(settlements: readonly Settlement[]): Promise<readonly ('settled' | 'lost')[]> {
    this.#demandOpen();
    return this.#owned.forEach(settlements, (partition, some) =>
      partition.change((store) => store.settle(some)),
    );
  }

  find(query: FindQuery): Promise<readonly Found[]> {
    this.#demandOpen();
    return this.#everywhere.find(query);
  }

  requeue(ids: readonly string[]): Promise<number> {
    this.#demandOpen();
    return this.#everywhere.requeue(ids);
  }

  erase(subjects: readonly string[]): Promise<number> {
    this.#demandOpen();
    return this.#everywhere.erase(subjects);
  }

  holding = (subjects: readonly string[]): Promise<readonly string[]> => {
    this.#demandOpen();
    return this.#everywhere.holding(subjects);
  };

  /** Calls back when something for a destination came in, from whichever gateway. */
  onDue = (listener: (destination: string) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async entries(query: EntriesQuery): Promise<readonly LedgerEntry[]> {
    this.#demandOpen();
    try {
      await Promise.all(this.#owned.all().map((partition) => partition.sync()));
      await this.#ledgerTold();
      return await readEntries(this.#reader, query, query.limit ?? DEFAULT_LIMIT);
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** Of what is known here: it asks nobody. */
  replication = (): Replication => {
    const partitions = this.#owned.all();
    return {
      connected: this.#ports.connection.state().connected,
      partitions: partitions.length,
      behind: partitions.reduce((total, { behind }) => total + behind, 0),
      takeovers: this.#ownership?.takeovers ?? 0,
      repetitions: this.#repetitions,
    };
  };

  /** Of the partitions that are here; over all gateways they add up. */
  async stats(): Promise<StoreStats> {
    this.#demandOpen();
    // A gateway that is cut off can neither take in nor deliver: health has to say so.
    if (this.#ownership?.mayAct !== true) throw asUnavailable(null);
    await this.#followOwn();
    const partitions = this.#owned.all();
    const all = await Promise.all(partitions.map((partition) => partition.store.stats()));
    return {
      destinations: mergeStats(all),
      bytes: partitions.reduce((total, { bytes }) => total + bytes, 0),
      full: this.#room.full,
    };
  }

  async prune(keep: Parameters<Store['prune']>[0]): Promise<void> {
    this.#demandOpen();
    await Promise.all(this.#owned.all().map((one) => one.change((store) => store.prune(keep))));
    // Whoever has the first partition does it for all.
    if (this.#owned.get(0) === undefined) return;
    await this.#ledgerTold();
    await pruneLedger(this.#reader, keep.ledgerBefore).catch((error: unknown) => {
      throw asUnavailable(error);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appender.ended();
    this.#room.close();
    this.#owned.hurry();
    await this.#ownership?.close();
    for (const n of this.#owned.numbers()) this.#owned.drop(n);
    await this.#ledgerTold();
    this.#ledger.close();
    this.#everywhere.close();
    await this.#ports.closed();
  }

  #demandOpen(): void {
    if (this.#closing !== null) throw new GatewayError('store_unavailable', 'the store is closed');
  }

  #due(destinations: Iterable<string>): void {
    for (const name of destinations) for (const listener of this.#listeners) listener(name);
  }

  /** Waits for the rows that this gateway appended itself, so that it sees what it wrote. */
  async #followOwn(): Promise<void> {
    const waits: Promise<boolean>[] = [];
    for (const [n, seq] of this.#appender.newest) {
      const wait = this.#owned.get(n)?.reached(seq, OWN_MS);
      if (wait !== undefined) waits.push(wait);
    }
    await Promise.all(waits);
  }

  async #ledgerTold(): Promise<void> {
    const late = new AbortController();
    const timer = pause(LEDGER_MS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.#ledger.flushed(), timer]);
    late.abort();
  }
}
