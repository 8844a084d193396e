// What delivery needs from the rest, as narrow as it can be: tests put plain objects in its place.

import type { LookupFunction } from 'node:net';
import type { Delivery, Lease, LeaseKey, Recheck, Settlement } from '../core/delivery.ts';
import type { DestinationType } from '../core/plugin.ts';
import type { ClaimRequest, Clock, Log, Metrics, Random } from '../core/ports.ts';

/** The part of the outbox that delivery works on. */
export interface Queue {
  claim(request: ClaimRequest): Promise<readonly Lease[]>;
  /** Puts on record that these are about to be sent. */
  begin(leases: readonly LeaseKey[]): Promise<readonly ('begun' | 'lost')[]>;
  settle(settlements: readonly Settlement[]): Promise<readonly ('settled' | 'lost')[]>;
  /** Calls the listener when something new is due for the destination; returns a stop function. */
  onDue(destination: string, listener: () => void): () => void;
  /** Wall clock ms at which the next delivery is due; null: none is waiting. */
  nextDueAt(destination: string): number | null | Promise<number | null>;
  /** Names of destinations that have anything pending, also those that the routing file no longer has. */
  waiting(): Promise<readonly string[]>;
}

/** Judges a delivery again, just before sending. `wait`: what is known of the person is not fresh enough to decide. */
export type RecheckPort = (delivery: Delivery) => Recheck | { readonly wait: true };

/** Runs something once, in so many ms; returns what calls it off. */
export type After = (ms: number, run: () => void) => () => void;

export interface DeliveryPorts {
  readonly queue: Queue;
  readonly recheck: RecheckPort;
  readonly destinationType: (name: string) => DestinationType | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Pick<Metrics, 'delivered' | 'deliverySeconds'>;
  readonly log: Log;
  /** Default: the timers of Node. */
  readonly after?: After;
  /** How names of vendors resolve. Default: the system's resolver. */
  readonly lookup?: LookupFunction;
}
