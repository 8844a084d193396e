// The NATS servers of deploy/ as a cluster that really runs: their file is one that the server takes, they find one another, they
// let in who knows the password, and one of them may go at any time.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, until } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { adaptedFile } from './adapted.ts';
import { allReady, knowsSync, missing, natsSet, PASSWORD, startCluster, SYNCED } from './nats.ts';
import type { NatsServer } from './nats.ts';
import { askNats } from './natsClient.ts';
import type { NatsClient } from './natsClient.ts';

const test = needing(missing);
const STREAM = { name: 'kept', subjects: ['kept.>'], num_replicas: 3, storage: 'file' };

interface Told {
  readonly error?: { readonly description: string };
  readonly seq?: number;
  readonly state?: { readonly messages: number };
  readonly cluster?: { readonly leader?: string };
}
const told = (text: string): Told => (text === '' ? {} : (JSON.parse(text) as Told)); // as the server answers

test('the server takes the file, but for the one line that it says is of newer servers', (t) => {
  const folder = temporaryFolder(t);
  const check = (text: string) => {
    const file = join(folder, 'nats.conf');
    writeFileSync(file, text);
    const env = { PATH: process.env['PATH'], NATS_NAME: 'one', NATS_PASSWORD: PASSWORD };
    return spawnSync('nats-server', ['-c', file, '-t'], { env, encoding: 'utf8' });
  };
  const whole = check(adaptedFile('kubernetes/replicated/nats.conf', []));
  if (knowsSync()) t.is(whole.status, 0, whole.stderr);
  else t.regex(whole.stderr, /unknown field "sync_interval"/);
  const rest = check(adaptedFile('kubernetes/replicated/nats.conf', [{ from: SYNCED, to: '' }]));
  t.is(rest.status, 0, rest.stderr);
});

test('three servers find one another; one is killed and comes back, another loses its volume', async (t) => {
  t.timeout(300_000);
  const servers = await startCluster(t);
  const [first, second, third] = servers;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three servers');
  const stranger = await askNats(t, first.port, 'a-wrong-one');
  t.regex(stranger.heard(), /Authorization Violation/);

  const client = await askNats(t, first.port, PASSWORD);
  const made = told(await client.ask('$JS.API.STREAM.CREATE.kept', JSON.stringify(STREAM)));
  t.is(made.error, undefined);
  const numbers: number[] = [];
  /** Sends until one is acknowledged: while a leader is chosen nobody answers. */
  const keep = (through: NatsClient, what: string): Promise<void> =>
    until(
      what,
      async () => {
        const { seq } = told(await through.ask('kept.one', what));
        if (seq !== undefined) numbers.push(seq);
        return seq !== undefined;
      },
      60_000,
    );
  await keep(client, 'acknowledged by three');
  await third.kill('SIGKILL');
  await keep(client, 'acknowledged by two');
  third.start();
  await allReady(servers);
  await keep(await askNats(t, third.port, PASSWORD), 'acknowledged through the one that came back');

  // A volume that is lost is filled again by the other two, so that then one of those may go.
  await second.kill('SIGKILL');
  second.wipe();
  second.start();
  await allReady(servers);
  await first.kill('SIGKILL');
  const filled = await askNats(t, second.port, PASSWORD);
  await keep(filled, 'acknowledged by one that had lost everything');
  t.deepEqual(
    [...new Set(numbers)].sort((a, b) => a - b),
    numbers,
    'each after the one before',
  );
  const info = told(await filled.ask('$JS.API.STREAM.INFO.kept', ''));
  t.is(info.state?.messages, numbers.at(-1), 'nothing is missing');
});

test('a server that is asked to go is not cut short by the signal that follows, and takes nobody in', async (t) => {
  t.timeout(120_000);
  const servers = await startCluster(t);
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error('three servers');
  const client = await askNats(t, first.port, PASSWORD);
  const since = performance.now();
  first.beforeStop();
  const ended = first.kill('SIGTERM');
  // Answered or not: it may have been the leader, and another one be chosen now.
  await client.ask('$JS.API.INFO', '');
  t.false(client.closed, 'still there for who has not left yet');
  const late = await askNats(t, first.port, PASSWORD);
  t.notRegex(late.heard(), /PONG/);
  await ended;
  const seconds = (performance.now() - since) / 1000;
  t.true(
    seconds > 4 && seconds < (natsSet().template.spec?.terminationGracePeriodSeconds ?? 0),
    `${seconds}`,
  );
  t.true(client.closed);
  t.regex(await (await askNats(t, second.port, PASSWORD)).ask('$JS.API.INFO', ''), /"type":/);
});

test('one that is left alone is not ready, and is not killed for it', async (t) => {
  t.timeout(120_000);
  const { startupProbe, livenessProbe, readinessProbe } = natsSet().container;
  const ask = (server: NatsServer): Promise<number[]> =>
    Promise.all(
      [startupProbe, livenessProbe, readinessProbe].map((probe) => server.health(probe?.httpGet?.path ?? '')),
    );
  const [first, ...others] = await startCluster(t);
  if (first === undefined) throw new Error('three servers');
  await until('ready', async () => (await ask(first))[2] === 200, 60_000);
  await Promise.all(others.map((server) => server.kill('SIGKILL')));
  await until('not ready', async () => (await ask(first))[2] === 503, 60_000);
  t.deepEqual(await ask(first), [200, 200, 503]);
  for (const server of others) server.start();
  await until('ready again', async () => (await ask(first))[2] === 200, 60_000);
});

test('probes and signals are those of the server', (t) => {
  const { container } = natsSet();
  t.regex(container.image ?? '', /^nats$/);
  t.deepEqual(container.command, ['nats-server']);
  const help = spawnSync('nats-server', ['--help'], { encoding: 'utf8' }).stdout;
  for (const word of [
    ...(container.args ?? []),
    ...(container.lifecycle?.preStop?.exec?.command ?? []).slice(1),
  ])
    t.true(help.includes(word.slice(0, word.indexOf('='))), word);
});
