// Three NATS servers and two gateways under load: each killed in turn and brought back, wires cut and healed. Nothing
// acknowledged is lost, nothing is counted twice, and every delivery has one end. Where an older nats-server is installed:
// NATS_SERVER=PATH npx ava --config .ava.long.js test/crash/cluster.long.ts

import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { until } from '../support/gateway.ts';
import { forgetfulNats, missingNats } from '../support/nats.ts';
import { needing, skippable } from '../support/skip.ts';
import { dropped, pending, startCluster, startMember, stop } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { count, longestGap } from './clusterAccount.ts';
import type { Accounted, Counted, Pause } from './clusterAccount.ts';
import { Load, willing } from './load.ts';
import { marksAt, startVendor } from './vendor.ts';
import type { Vendor } from './vendor.ts';

const withNats = missingNats() === null ? skippable(forgetfulNats()) : needing(missingNats());
/** Requests per second, of two events each. */
const RATE = 40;
const CLIENTS = 8;
const CALM_MS = 3_000;
/** After the last event was begun; it is tried again until then. */
const ACKNOWLEDGED_MS = 60_000;
/** After that; what has not arrived by then is lost. */
const ARRIVED_MS = 60_000;

interface Scene extends Accounted {
  readonly cluster: Cluster;
  readonly vendors: Readonly<Record<'webhook' | 'meta' | 'ga4', Vendor>>;
  readonly pauses: Pause[];
}

async function setTheScene(t: ExecutionContext): Promise<Scene> {
  const cluster = await startCluster(t, 3);
  const vendors = {
    webhook: await startVendor(t, 'http'),
    meta: await startVendor(t, 'meta'),
    ga4: await startVendor(t, 'ga4'),
  };
  vendors.ga4.delayMs = 3;
  const routes = {
    webhook: { vendor: vendors.webhook, with: 'batch: 5' },
    meta: { vendor: vendors.meta },
    ga4: { vendor: vendors.ga4 },
  };
  const members = [await startMember(t, cluster, { routes }), await startMember(t, cluster, { routes })];
  let turn = 0;
  // As a balancer would: in turn, and not to one that is dead.
  const address = (): string | null => {
    const alive = members.flatMap(({ life }) => (life === null ? [] : [life.url]));
    turn += 1;
    return alive[turn % alive.length] ?? null;
  };
  const visitors = Array.from({ length: 40 }, (_, index) => willing(`v${index}`));
  const load = new Load({ address, clients: CLIENTS, rate: RATE, batch: 2, visitors });
  t.teardown(() => load.abandon());
  return { cluster, members, vendors, load, pauses: [] };
}

const lastAcknowledged = ({ load }: Scene): number => Math.max(0, ...load.acknowledged.values());

/** Something happens; then events are acknowledged again, and what was sent before it arrives. */
async function trouble(scene: Scene, what: string, happen: () => Promise<void>): Promise<void> {
  const { load, vendors, pauses } = scene;
  const from = Date.now();
  await happen();
  const over = Date.now();
  await until(`acknowledgements after: ${what}`, () => lastAcknowledged(scene) > over, 30_000);
  await pause(CALM_MS);
  const to = Date.now();
  pauses.push({
    what,
    from,
    to,
    acknowledgements: longestGap([...load.acknowledged.values()], from, to),
    deliveries: longestGap(
      vendors.webhook.arrivals.map(({ at }) => at),
      from,
      to,
    ),
  });
}

async function killServers(scene: Scene): Promise<void> {
  const { nats } = scene.cluster;
  for (const server of nats.servers)
    await trouble(scene, `server ${server.name} dies and comes back`, async () => {
      await server.kill();
      await pause(CALM_MS);
      server.start();
      await nats.ready();
    });
}

async function killGateways(scene: Scene): Promise<void> {
  for (const [index, member] of scene.members.entries())
    await trouble(scene, `gateway ${index + 1} dies and comes back`, async () => {
      await member.kill();
      await pause(CALM_MS);
      await member.start();
    });
}

async function cutWires(t: ExecutionContext, scene: Scene): Promise<void> {
  const { cluster, members } = scene;
  for (const how of ['refused', 'silent'] as const)
    await trouble(scene, `servers n1 and n2 apart (${how})`, async () => {
      const wires = cluster.between(0, 1);
      wires.cut(how);
      if (how === 'refused') await until('the servers to be apart', async () => !(await cluster.talk(0, 1)));
      await pause(2 * CALM_MS);
      if (how === 'refused') t.false(await cluster.talk(0, 1), 'no way around the cut');
      wires.heal();
      await until('the servers to talk', () => cluster.talk(0, 1), 20_000);
    });
  for (const how of ['refused', 'silent'] as const)
    await trouble(scene, `gateway 1 and the servers apart (${how})`, async () => {
      members[0]?.wires.cut(how);
      await pause(2 * CALM_MS);
      members[0]?.wires.heal();
    });
}

/** Nothing waits any more, and what is acknowledged is where a repetition would be harmless. */
async function arrived({ load, vendors, members }: Scene): Promise<boolean> {
  const there = [marksAt(vendors.webhook), marksAt(vendors.meta)];
  if (![...load.acknowledged.keys()].every((mark) => there.every((marks) => marks.has(mark)))) return false;
  return (await pending(members)) === 0;
}

function tell(t: ExecutionContext, { load, pauses }: Scene): void {
  const refusals = JSON.stringify(Object.fromEntries(load.refusals));
  t.log(
    `${load.sent} events sent, ${load.acknowledged.size} acknowledged; requests refused by status: ${refusals}`,
  );
  for (const { what, acknowledgements, deliveries } of pauses)
    t.log(
      `${what}: longest pause ${acknowledgements} ms in acknowledgements, ${deliveries} ms in deliveries`,
    );
}

function assertNothingLost(t: ExecutionContext, load: Load, counted: readonly Counted[]): void {
  for (const { name, vendor, account, missing, doubled } of counted) {
    const uncertain = vendor.kind === 'ga4' ? (account.ends['uncertain'] ?? 0) : 0;
    t.true(missing.length <= uncertain, `${name} lost ${missing.join(' ')}`);
    t.deepEqual(doubled, [], name);
    t.is(account.admitted, load.sent, name);
    t.deepEqual(account.unbalanced, [], `${name}: one end each`);
  }
}

withNats('servers and gateways die, wires are cut: nothing acknowledged is lost', async (t) => {
  t.timeout(300_000);
  const began = Date.now();
  const scene = await setTheScene(t);
  const { load } = scene;
  await until('a steady load', () => load.acknowledged.size > 100, 30_000);
  await killServers(scene);
  await killGateways(scene);
  await cutWires(t, scene);
  let acknowledged = false;
  void load.end().then(() => (acknowledged = true));
  // Past the deadlines the account says what is where.
  const late = (error: Error): void => t.log(error.message);
  await until('all to be acknowledged', () => acknowledged, ACKNOWLEDGED_MS).catch(late);
  load.abandon();
  await until('all to arrive', () => arrived(scene), ARRIVED_MS).catch(late);
  tell(t, scene);
  t.log(`${await dropped(scene.members)} kept twice and dropped`);
  const exits = await Promise.all(scene.members.map(stop));
  const counted = await count(t, scene);
  t.log(`all in ${Math.round((Date.now() - began) / 1000)} s`);
  t.is(load.acknowledged.size, load.sent);
  t.is(load.refusals.get(500), undefined, 'no fault of the gateway itself');
  assertNothingLost(t, load, counted);
  for (const exit of exits) t.deepEqual(exit, { code: 0, signal: null });
});
