// Passes recordings on to their vendors while clients wait, one line per destination, under the snapshot in force. Nothing of it is
// ever stored, and what events do on their way to the same vendor is not touched by it.

import type { Snapshot } from '../core/config.ts';
import { recordingTargetOf } from '../core/plugin.ts';
import type { DestinationType } from '../core/plugin.ts';
import type { Forward, Forwarded, ForwardRequest } from '../core/ports.ts';
import { ForwardLine, type ForwardLinePorts } from './forwardLine.ts';
import type { Wanted } from './line.ts';

export interface ForwardPorts extends Omit<ForwardLinePorts, 'follow'> {
  /** The snapshot in force: what is sent next follows it. */
  readonly snapshot: () => Snapshot;
  readonly typeOf: (name: string) => DestinationType | undefined;
}

export class Forwarding implements Forward {
  readonly #ports: ForwardPorts;
  readonly #lines = new Map<string, ForwardLine>();
  #snapshot: Snapshot | null = null;

  constructor(ports: ForwardPorts) {
    this.#ports = ports;
  }

  /** `ended` also where the destination is gone or switched off. */
  async send(request: ForwardRequest): Promise<Forwarded> {
    this.#follow();
    const line = this.#lines.get(request.destination.name);
    return line === undefined ? { kind: 'ended' } : line.send(request);
  }

  /** Ends what waits and what is under way, and closes all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.close()));
  }

  /** What was sent to a destination that has changed goes by new connections; one that is gone keeps none. */
  #follow(): void {
    const snapshot = this.#ports.snapshot();
    if (snapshot === this.#snapshot) return;
    this.#snapshot = snapshot;
    const wanted = new Map(snapshot.destinations.map((one) => [one.name, this.#wanted(one, snapshot)]));
    const ports = { ...this.#ports, follow: () => this.#follow() };
    for (const [name, one] of wanted)
      if (one !== null && !this.#lines.has(name)) this.#lines.set(name, new ForwardLine(name, ports));
    for (const [name, line] of this.#lines) line.set(wanted.get(name) ?? null);
  }

  #wanted(destination: Snapshot['destinations'][number], snapshot: Snapshot): Wanted {
    const type = this.#ports.typeOf(destination.type);
    if (!destination.enabled || type === undefined) return null;
    if (recordingTargetOf(type, destination.settings) === null) return null;
    return { destination, type, allowPrivate: snapshot.server.allowPrivateEndpoints };
  }
}
