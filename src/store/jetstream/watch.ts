// Follows a stream in order, without a gap. Whatever may have been missed (a message, a connection, a silent server) ends the
// pass, and a new one tells everything that is there from the beginning, so that what was removed meanwhile can be seen too.

import { setTimeout as pause } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, jetstream } from '@nats-io/jetstream';
import type { JetStreamManager, JsMsg } from '@nats-io/jetstream';
import { createInbox, nanos, nuid } from '@nats-io/transport-node';
import type { Log } from '../../core/ports.ts';
import type { Connection } from './connection.ts';

export interface WatchPorts {
  readonly connection: Connection;
  readonly manager: JetStreamManager;
  readonly stream: string;
  readonly log: Log;
  /** A pass begins: everything there is will be told. */
  began(): void;
  /** In the order of the stream. */
  message(message: JsMsg): void;
  /** All that was there when the pass began has been told. */
  caughtUp(): void;
}

/** The server drops a consumer that nobody listens to after this. */
const ABANDONED_MS = 30_000;
/** Between passes that fail; short, because nothing is sent meanwhile. */
const RETRY_MS = 200;

export class Watch {
  readonly #ports: WatchPorts;
  #end: (() => void) | null = null;
  #closed = false;
  #running: Promise<void> | null = null;
  readonly #stopState: () => void;

  constructor(ports: WatchPorts) {
    this.#ports = ports;
    this.#stopState = ports.connection.onState(() => this.restart());
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the pass that runs; another begins. */
  restart(): void {
    this.#end?.();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopState();
    this.restart();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { connection, log } = this.#ports;
    let failures = 0;
    for (; !this.#closed; await pause(RETRY_MS)) {
      if (!connection.state().connected) continue;
      try {
        await this.#pass();
        failures = 0;
      } catch {
        failures += 1;
        if (failures % 10 === 1 && !this.#closed) log.warn('nats_watch_failed', { failures });
      }
    }
  }

  async #pass(): Promise<void> {
    const { connection, manager, stream } = this.#ports;
    const { promise: ended, resolve: end } = Promise.withResolvers<null>();
    this.#end = () => end(null);
    const adding = manager.consumers.add(stream, consumerConfig());
    adding.catch(() => undefined);
    const added = await Promise.race([adding, ended]);
    if (added === null) return;
    const consumer = await jetstream(connection.nats).consumers.getPushConsumer(stream, added.name);
    this.#ports.began();
    const teller = this.#teller(added.num_pending, this.#end);
    const messages = await consumer.consume({ callback: (message) => teller.tell(message) });
    void messages.closed().then(this.#end, this.#end);
    await ended;
    teller.stop();
    messages.stop();
    manager.consumers.delete(stream, added.name).catch(() => undefined);
  }

  /** Tells messages until one is missing. */
  #teller(pending: number, end: () => void): { tell(message: JsMsg): void; stop(): void } {
    const ports = this.#ports;
    let told = 0;
    let over = false;
    let caught = false;
    const complete = (): void => {
      caught = true;
      ports.caughtUp();
    };
    if (pending === 0) complete();
    return {
      tell(message) {
        if (over) return;
        told += 1;
        if (message.info.deliverySequence !== told) {
          over = true;
          end();
          return;
        }
        ports.message(message);
        // Every message of then that is still there has come before as many have come as there were.
        if (!caught && (told >= pending || message.info.pending === 0)) complete();
      },
      stop: () => void (over = true),
    };
  }
}

const consumerConfig = () => ({
  name: `watch_${nuid.next()}`,
  deliver_subject: createInbox(),
  deliver_policy: DeliverPolicy.All,
  ack_policy: AckPolicy.None,
  mem_storage: true,
  num_replicas: 1,
  inactive_threshold: nanos(ABANDONED_MS),
  flow_control: true,
  idle_heartbeat: nanos(5_000),
});
