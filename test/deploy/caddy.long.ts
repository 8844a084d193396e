// Caddy before two gateways, told by compose how to know which are ready: what one of them is spared, and what a client notices.

import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import { until } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { caddyBefore } from './caddy.ts';
import { ask } from './client.ts';
import { readCompose } from './compose.ts';
import { missing, startFront } from './front.ts';
import type { Front } from './front.ts';

const test = needing(missing('caddy'));
const HEALTH = readCompose().services['caddy-replicated']?.environment?.['SLUIS_HEALTH'] ?? '';

/** As much of a gateway as a front can see: it takes events, and says whether it is ready. */
interface StandIn {
  readonly port: number;
  ready: boolean;
  taken: number;
  die(): void;
}

async function standIn(t: ExecutionContext): Promise<StandIn> {
  const server: Server = createServer((request, response) => {
    const probe = request.url === '/readyz';
    if (!probe) it.taken += 1;
    response.writeHead(probe && !it.ready ? 503 : 200).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const die = (): void => {
    server.closeAllConnections();
    server.close();
  };
  t.teardown(die);
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const it: StandIn = { port, ready: true, taken: 0, die };
  return it;
}

/** Sends so many events; how many were answered well. */
async function send(front: Front, count: number): Promise<number> {
  let well = 0;
  for (let sent = 0; sent < count; sent += 1) {
    const { status } = await ask(front, { method: 'POST', path: '/v1/track', body: '{}' });
    if (status === 200) well += 1;
  }
  return well;
}

test('caddy: a gateway that is not ready gets nothing, and nobody notices', async (t) => {
  const [one, other] = [await standIn(t), await standIn(t)];
  const front = await startFront(t, caddyBefore([other.port], HEALTH), one.port);
  t.is(await send(front, 40), 40);
  t.true(one.taken > 0 && other.taken > 0);
  const total = (): number => one.taken + other.taken;
  t.is(total(), 40, 'nothing twice');

  one.ready = false;
  let well = 40;
  const spared = async (): Promise<boolean> => {
    const before = one.taken;
    well += await send(front, 20);
    return one.taken === before;
  };
  await until('the first one to be spared', spared);
  t.is(total(), well, 'each was answered, by one of them');

  one.ready = true;
  await until('the first one to be asked again', async () => !(await spared()));
  t.is(total(), well);
});

test('caddy: a gateway that dies is left out within seconds, and nothing is sent twice', async (t) => {
  const [one, other] = [await standIn(t), await standIn(t)];
  const front = await startFront(t, caddyBefore([other.port], HEALTH), one.port);
  await send(front, 10);
  one.die();
  await until('all to be well', async () => (await send(front, 20)) === 20);
  const before = other.taken;
  t.is(await send(front, 20), 20);
  t.is(other.taken, before + 20);
});

/** So many pages, each of which sends two uploads; those whose uploads went to different gateways, and how many the first one got. */
async function record(front: Front, pages: readonly number[], one: StandIn) {
  const before = one.taken;
  const parted: number[] = [];
  for (const page of pages) {
    const reached: boolean[] = [];
    for (let upload = 0; upload < 2; upload += 1) {
      const had = one.taken;
      const { status } = await ask(front, {
        method: 'POST',
        path: `/clarity/collect?v=page${page}`,
        body: '{}',
      });
      if (status === 200) reached.push(one.taken > had);
    }
    if (reached.length !== 2 || reached[0] !== reached[1]) parted.push(page);
  }
  return { parted, first: (one.taken - before) / 2 };
}

test('caddy: a page that is recorded keeps its gateway, pages spread, and nothing else is bound to one', async (t) => {
  const [one, other] = [await standIn(t), await standIn(t)];
  const front = await startFront(t, caddyBefore([other.port], HEALTH), one.port);
  const pages = Array.from({ length: 30 }, (_, page) => page);
  const { parted, first } = await record(front, pages, one);
  t.deepEqual(parted, []);
  t.true(first >= 5 && first <= 25, `${first} of 30 at the first`);
  t.is((await record(front, pages, one)).first, first, 'the same ones again');

  const hits = one.taken;
  for (let sent = 0; sent < 20; sent += 1)
    await ask(front, { method: 'POST', path: '/g/collect?v=2', body: '{}' });
  t.true(one.taken > hits && one.taken < hits + 20, 'the `v` of gtag is the same for all');

  other.ready = false;
  await until('all pages to be with the first', async () => (await record(front, pages, one)).first === 30);
  t.deepEqual((await record(front, pages, one)).parted, []);
});
