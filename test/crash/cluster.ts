// Three NATS servers and gateways as processes of their own, with a proxy on every wire between them, so that each wire can be
// cut and healed by itself.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, TEST_ENV } from '../support/gateway.ts';
import { startNats } from '../support/nats.ts';
import type { NatsServers } from '../support/nats.ts';
import { startProxy } from '../support/proxy.ts';
import type { Proxy } from '../support/proxy.ts';
import { queues, startLife } from './life.ts';
import type { Exit, Life } from './life.ts';
import { shop } from './routing.ts';
import type { ShopOptions } from './routing.ts';

/** A gateway that has not ended so long after it was asked to is stuck. */
const STOP_MS = 15_000;
/** For one answer of `/api/stats`. */
const STATS_MS = 5_000;

/** One wire, or several that are cut together. */
export type Wires = Pick<Proxy, 'cut' | 'heal'>;

const together = (proxies: readonly Proxy[]): Wires => ({
  cut: (how) => proxies.forEach((proxy) => proxy.cut(how)),
  heal: () => proxies.forEach((proxy) => proxy.heal()),
});

export interface Cluster {
  readonly nats: NatsServers;
  /** The wire between two servers, both ways. */
  between(one: number, other: number): Wires;
  /** Do these two servers talk to each other directly? */
  talk(one: number, other: number): Promise<boolean>;
}

interface Routes {
  readonly server_id: string;
  readonly routes?: readonly { readonly remote_id: string }[];
}

async function routesOf({ servers }: NatsServers, index: number): Promise<Routes> {
  const answer = await fetch(`http://127.0.0.1:${servers[index]?.ports.monitor}/routez`);
  return (await answer.json()) as Routes; // as it answers
}

export async function startCluster(t: ExecutionContext, size: 1 | 3): Promise<Cluster> {
  const wires = new Map<string, Proxy>();
  const targets = new Map<string, number>();
  for (let from = 0; from < size; from += 1)
    for (let to = 0; to < size; to += 1)
      if (from !== to) {
        const name = `${from} ${to}`;
        wires.set(name, await startProxy(t, () => targets.get(name) ?? 0));
      }
  const nats = await startNats(t, {
    size,
    route(from, to, port) {
      targets.set(`${from} ${to}`, port);
      return wires.get(`${from} ${to}`)?.port ?? port;
    },
  });
  return {
    nats,
    between: (one, other) =>
      together([`${one} ${other}`, `${other} ${one}`].flatMap((name) => wires.get(name) ?? [])),
    async talk(one, other) {
      const [{ routes = [] }, { server_id: wanted }] = [
        await routesOf(nats, one),
        await routesOf(nats, other),
      ];
      return routes.some(({ remote_id: id }) => id === wanted);
    },
  };
}

export interface Member {
  /** Null while it is dead. */
  life: Life | null;
  /** Its wires to all servers. */
  readonly wires: Wires;
  readonly store: string;
  start(): Promise<void>;
  kill(): Promise<void>;
}

export interface MemberOptions {
  readonly routes: ShopOptions['routes'];
  /** Parameters of the store address. */
  readonly parameters?: string;
}

/** A gateway that reaches each server by a wire of its own. */
export async function startMember(
  t: ExecutionContext,
  { nats }: Cluster,
  { routes, parameters = '' }: MemberOptions,
): Promise<Member> {
  const folder = temporaryFolder(t);
  const config = join(folder, 'gateway.yaml');
  const proxies: Proxy[] = [];
  for (const { ports } of nats.servers) proxies.push(await startProxy(t, () => ports.client));
  const store = `nats://${proxies.map(({ port }) => `127.0.0.1:${port}`).join(',')}${parameters}`;
  writeFileSync(config, shop({ store, routes }));
  const member: Member = {
    life: null,
    wires: together(proxies),
    store,
    async start() {
      member.life = await startLife(t, { config, env: { ...TEST_ENV, TMPDIR: folder } });
    },
    async kill() {
      const dying = member.life;
      member.life = null;
      await dying?.kill();
    },
  };
  await member.start();
  return member;
}

/** Deliveries that wait at any of them; null while one does not answer. */
export async function pending(members: readonly Member[]): Promise<number | null> {
  let sum = 0;
  for (const { life } of members) {
    const asked =
      life === null ? {} : await queues(life, { signal: AbortSignal.timeout(STATS_MS) }).catch(() => null);
    if (asked === null) return null;
    for (const each of Object.values(asked)) sum += each.pending;
  }
  return sum;
}

/** Events that the servers kept twice and that those who live dropped since they started. */
export async function dropped(members: readonly Member[]): Promise<number> {
  let sum = 0;
  for (const { life } of members) {
    if (life === null) continue;
    const text = await (await fetch(`${life.admin}/metrics`)).text();
    sum += Number(/^sluis_partition_repetitions_total (\d+)$/m.exec(text)?.[1] ?? 0);
  }
  return sum;
}

/** Asked to end, and killed where it does not. */
export async function stop({ life }: Member): Promise<Exit | null> {
  if (life === null) return null;
  life.signal('SIGTERM');
  const late = new AbortController();
  const killing = pause(STOP_MS, undefined, { signal: late.signal }).then(
    () => life.kill(),
    () => undefined,
  );
  const exit = await life.ended;
  late.abort();
  await killing;
  return exit;
}
