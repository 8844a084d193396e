// All destinations at once: one worker each, started, changed and stopped as config snapshots come and go. A destination
// that leaves the routing file keeps a worker for what still waits, which the recheck ends as dropped.

import type { Destination, Snapshot } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import { Line, type Wanted } from './line.ts';
import type { DeliveryPorts } from './ports.ts';
import { Slices } from './slices.ts';
import { pause, systemAfter } from './waiting.ts';
import { Worker } from './worker.ts';

/** After the deadline, what was broken off is given this long to be put on record. */
const LAST_SETTLE_MS = 1000;

export class Deliveries {
  readonly #ports: DeliveryPorts;
  readonly #workers = new Map<string, Worker>();
  readonly #slices: Slices;
  #wanted: ReadonlyMap<string, Wanted> = new Map();
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    this.#slices = new Slices(ports.clock);
  }

  /** Begins to deliver under the last snapshot given, also what waits for destinations that it does not have. */
  async start(): Promise<void> {
    const left = await this.#ports.queue.waiting();
    if (this.#state !== 'new') return;
    this.#state = 'running';
    for (const name of new Set([...this.#wanted.keys(), ...left])) this.#set(name);
  }

  /** Takes over a new snapshot. Requests under way end under the one they began with. */
  update(snapshot: Snapshot): void {
    this.#wanted = new Map(snapshot.destinations.map((one) => [one.name, this.#wantedFor(one, snapshot)]));
    if (this.#state !== 'running') return;
    for (const name of new Set([...this.#wanted.keys(), ...this.#workers.keys()])) this.#set(name);
  }

  /**
   * Claims nothing more, begins no further request and waits for those under way; what is still under way after `deadlineMs`
   * is broken off, and put on record as far as its fate is known. The rest stays pending.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#state = 'stopped';
    const workers = [...this.#workers.values()];
    const after = this.#ports.after ?? systemAfter;
    const ended = new AbortController();
    const all = Promise.all(workers.map((worker) => worker.stop())).finally(() => ended.abort());
    await Promise.race([all, pause(deadlineMs, after, ended.signal)]);
    if (ended.signal.aborted) return;
    for (const worker of workers) worker.interrupt();
    await Promise.race([all, pause(LAST_SETTLE_MS, after, ended.signal)]);
  }

  #set(name: string): void {
    const wanted = this.#wanted.get(name) ?? null;
    const worker = this.#workers.get(name);
    if (worker !== undefined) worker.set(wanted);
    else this.#workers.set(name, new Worker(new Line(name, this.#ports, this.#slices), wanted));
  }

  #wantedFor(destination: Destination, snapshot: Snapshot): Wanted {
    if (!destination.enabled) return null;
    const type = this.#ports.destinationType(destination.type);
    if (type === undefined)
      throw new GatewayError(
        'config_invalid',
        `destination \`${destination.name}\` has a type that is not known`,
      );
    return { destination, type, allowPrivate: snapshot.server.allowPrivateEndpoints };
  }
}
