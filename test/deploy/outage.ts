// Servers of a site that send by way of a front and do not give up, while the gateway behind it dies, is missing and comes back.

import { writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { startLife } from '../crash/life.ts';
import type { Life } from '../crash/life.ts';
import { eventOf, willing } from '../crash/load.ts';
import { shop } from '../crash/routing.ts';
import { startVendor } from '../crash/vendor.ts';
import type { Vendor } from '../crash/vendor.ts';
import { SERVER_KEY, temporaryFolder } from '../support/gateway.ts';
import { freePort } from '../support/port.ts';
import { adapted } from './adapted.ts';
import { ask } from './client.ts';
import type { Front } from './front.ts';

export interface Shop {
  readonly port: number;
  readonly store: string;
  readonly vendor: Vendor;
  /** One life of the gateway after the other, always at the same port. */
  start(): Promise<Life>;
}

export async function openShop(t: ExecutionContext): Promise<Shop> {
  const folder = temporaryFolder(t);
  const [config, store] = [join(folder, 'gateway.yaml'), `sqlite:${join(folder, 'sluis.db')}`];
  const [port, vendor] = [await freePort(), await startVendor(t, 'http')];
  const routing = shop({ store, routes: { webhook: { vendor } } });
  writeFileSync(config, adapted(routing, [{ from: 'listen: 127.0.0.1:0', to: `listen: 127.0.0.1:${port}` }]));
  return { port, store, vendor, start: () => startLife(t, { config }) };
}

export class Senders {
  /** Marks of the events that were answered with 200. */
  readonly acknowledged = new Set<number>();
  /** Answers other than 200 by status; `0`: the front did not answer. */
  readonly refusals = new Map<number, number>();
  readonly #front: Front;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #running: readonly Promise<void>[];
  #next = 1;
  #ending = false;
  #abandoned = false;

  /** Starts at once. */
  constructor(front: Front, clients = 4) {
    this.#front = front;
    this.#running = Array.from({ length: clients }, () => this.#client());
  }

  refused(status: number): number {
    return this.refusals.get(status) ?? 0;
  }

  /** Begins nothing new; resolves when all that was begun is acknowledged. */
  async end(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#running);
    this.#agent.destroy();
  }

  /** Gives up. For the end of a test that failed. */
  abandon(): void {
    this.#ending = true;
    this.#abandoned = true;
  }

  async #client(): Promise<void> {
    while (!this.#ending) {
      const mark = this.#next++;
      const batch = [eventOf(mark, willing(`v${mark % 5}`))];
      const body = JSON.stringify({ writeKey: SERVER_KEY, batch, sentAt: new Date().toISOString() });
      while (!this.#abandoned && !(await this.#try(body))) await pause(20);
      if (!this.#abandoned) this.acknowledged.add(mark);
      await pause(10);
    }
  }

  async #try(body: string): Promise<boolean> {
    const headers = { 'content-type': 'application/json' };
    const question = { method: 'POST', path: '/v1/batch', headers, body, agent: this.#agent };
    const status = await ask(this.#front, question).then(
      (told) => told.status,
      () => 0,
    );
    if (status !== 200) this.refusals.set(status, this.refused(status) + 1);
    return status === 200;
  }
}
