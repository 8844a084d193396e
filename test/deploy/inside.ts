// Runs inside a systemd of its own, as root: starts sluis.service as its operator would, sends it events, ends it in good and bad
// ways, and tells what it saw. It stands alone, since only this file is there.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const PUBLIC = 'http://127.0.0.1:8080';
const ADMIN = 'http://127.0.0.1:9090';
const UNIT = 'sluis.service';
const STATE = '/var/lib/sluis';

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'utf8' }).trim();

/** What systemd knows of the service, for a test that fails. */
const state = (): string => run('systemctl', 'show', '--property', 'Result,StatusErrno,ExecMainStatus', UNIT);

const shown = (property: string): string => run('systemctl', 'show', '--value', '--property', property, UNIT);

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries > 300) throw new Error(`waited for ${what}: ${state()}`);
    await pause(50);
  }
}

const ready = (): Promise<boolean> =>
  fetch(`${PUBLIC}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

const metrics = async (): Promise<string> => (await fetch(`${ADMIN}/metrics`)).text();

async function metric(line: string): Promise<number> {
  const found = (await metrics()).split('\n').find((each) => each.startsWith(`${line} `));
  return Number(found?.slice(found.lastIndexOf(' ')) ?? 0);
}

const pending = (): Promise<number> => metric('sluis_outbox_pending{destination="ga4"}');

/** As a page of the shop does it. */
async function sendEvent(mark: number): Promise<number> {
  const headers = { origin: 'https://shop.example', 'content-type': 'application/json' };
  const body = '{"purposes":{"analytics":true}}';
  const chosen = await fetch(`${PUBLIC}/v1/consent`, { method: 'PUT', headers, body });
  const cookie = chosen.headers.get('set-cookie')?.split(';')[0] ?? '';
  const answer = await fetch(`${PUBLIC}/v1/track`, {
    method: 'POST',
    headers: { ...headers, cookie },
    body: JSON.stringify({
      writeKey: 'shop-web',
      event: 'Order Completed',
      messageId: `message-${mark}`,
      anonymousId: 'visitor-1',
      context: { page: { url: 'https://shop.example/thanks' } },
    }),
  });
  return answer.status;
}

/** Of the main process, as the kernel has it. */
function confinement(): Record<string, unknown> {
  const pid = shown('MainPID');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n');
  const mount = (point: string): string =>
    mounts
      .findLast((line) => line.split(' ')[4] === point)
      ?.split(' ')[5]
      ?.slice(0, 2) ?? 'none';
  return {
    user: run('id', '--name', '--user', field('Uid')),
    noNewPrivileges: field('NoNewPrivs'),
    capabilities: field('CapBnd'),
    filtered: field('Seccomp'),
    root: mount('/'),
    state: mount(STATE),
    secrets: readdirSync(`/proc/${pid}/root/run/secrets`).sort(),
    home: readdirSync(`/proc/${pid}/root/root`),
  };
}

/** A command of the gateway, as the comment in the unit says to run it. */
const sluis = (...args: readonly string[]): string =>
  run('nsenter', '--mount', '--target', shown('MainPID'), '/opt/sluis/node_modules/.bin/sluis', ...args);

const modes = (): Record<string, string> =>
  Object.fromEntries(
    ['.', ...readdirSync(STATE)].sort().map((name) => {
      const { mode, uid } = statSync(`${STATE}/${name}`);
      return [name, `${run('id', '--name', '--user', String(uid))} ${(mode & 0o777).toString(8)}`];
    }),
  );

/** The vendor, at a name that the resolver has to find. */
async function startVendor(): Promise<{ arrived(): number; close(): void }> {
  let arrived = 0;
  const server = createServer((request, response) => {
    arrived += 1;
    request.resume().on('end', () => response.writeHead(204).end());
  });
  await new Promise<void>((listening) => server.listen(9999, '127.0.0.1', listening));
  return { arrived: () => arrived, close: () => server.closeAllConnections() };
}

async function whatHappens(): Promise<Record<string, unknown>> {
  run('systemd-sysusers');
  try {
    run('systemctl', 'start', UNIT);
  } catch (cause) {
    throw new Error(state(), { cause });
  }
  await until('the gateway', ready);
  const [confined, owned] = [confinement(), modes()];
  const accepted = await sendEvent(1);
  await until('an event that waits', async () => (await pending()) === 1);

  sluis('check', '/etc/sluis/gateway.yaml');
  const stats = JSON.parse(sluis('outbox', 'stats', '--config', '/etc/sluis/gateway.yaml')) as unknown;

  run('systemctl', 'reload', UNIT);
  const reloads = 'sluis_config_reloads_total{result="ok"}';
  await until('a reload', async () => (await metric(reloads)) === 1);

  process.kill(Number(shown('MainPID')), 'SIGKILL');
  await until('the end of the first life', async () => !(await ready()));
  await until('the gateway again', ready);
  const waiting = await pending();
  const vendor = await startVendor();
  await until('the event at the vendor', () => vendor.arrived() > 0);
  await until('an empty queue', async () => (await pending()) === 0);

  const restarts = shown('NRestarts');
  run('systemctl', 'stop', UNIT);
  vendor.close();
  return {
    confined,
    owned,
    accepted,
    stats,
    waiting,
    arrived: vendor.arrived(),
    restarts,
    result: shown('Result'),
    status: shown('ExecMainStatus'),
    state: shown('ActiveState'),
  };
}

writeFileSync('/srv/told.json', JSON.stringify(await whatHappens()));
process.exit(0);
