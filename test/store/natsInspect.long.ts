// What `sluis check --live` finds at servers: nothing where all is well, and each thing that is not.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { jetstreamManager } from '@nats-io/jetstream';
import { runCli } from '../../src/cli/index.ts';
import { GatewayError } from '../../src/core/errors.ts';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { openConnection } from '../../src/store/jetstream/connection.ts';
import { ensureStream } from '../../src/store/jetstream/ensureStream.ts';
import { factsStream } from '../../src/store/jetstream/factsBucket.ts';
import { inspect } from '../../src/store/jetstream/inspect.ts';
import { openReplicated } from '../../src/store/jetstream.ts';
import { shopRouting, temporaryFolder, TEST_ENV, until } from '../support/gateway.ts';
import { missingNats, startNats } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import { recordingLog, runningClock } from './natsSurroundings.ts';

const withNats = needing(missingNats());
const surroundings = { clock: runningClock, log: recordingLog() };
const FORGETS = 'error server-forgets';

async function allFound(text: string): Promise<readonly string[]> {
  const address = readAddress(text);
  const findings = await inspect(address, [factsStream(address)], surroundings);
  return findings.map(({ severity, code }) => `${severity} ${code}`);
}

/** Without what hangs on the version that is installed here. */
const found = async (text: string): Promise<readonly string[]> =>
  (await allFound(text)).filter((one) => one !== FORGETS);

/** While servers agree on a leader there is no answer. */
function electing(error: unknown): boolean {
  if (error instanceof GatewayError && error.code === 'store_unavailable') return false;
  throw error;
}

async function make(t: ExecutionContext, text: string): Promise<void> {
  const address = readAddress(text);
  const connection = await openConnection(address, surroundings);
  t.teardown(() => connection.close());
  await ensureStream(await jetstreamManager(connection.nats), factsStream(address));
}

withNats('one server, from nothing to a stream, and to one that is otherwise', async (t) => {
  const nats = await startNats(t);
  t.deepEqual(await found(nats.address), ['warning stream-missing']);
  await make(t, nats.address);
  t.deepEqual(await found(nats.address), []);
  t.deepEqual(await found(`${nats.address}?replicas=3`), [
    'warning stream-otherwise',
    'error replica-missing',
  ]);
  const [, port] = nats.address.slice('nats://'.length).split(':');
  t.deepEqual(await found(`${nats.address},localhost:${port}`), ['warning server-twice']);
});

withNats('a version whose replicas forget is told where there are replicas', async (t) => {
  const nats = await startNats(t);
  const connection = await openConnection(readAddress(nats.address), surroundings);
  t.teardown(() => connection.close());
  const isOld = (connection.nats.info?.version ?? '').startsWith('2.9.');
  t.is((await allFound(`${nats.address}?replicas=3`)).includes(FORGETS), isOld);
  t.false((await allFound(nats.address)).includes(FORGETS));
  // Whoever starts a gateway without asking is told by its log; here the start fails besides, for want of servers.
  const log = recordingLog();
  const address = readAddress(`${nats.address}?replicas=3`);
  await t.throwsAsync(openReplicated(address, { clock: runningClock, log }), { instanceOf: GatewayError });
  t.is(log.codes.includes('nats_server_forgets'), isOld);
});

withNats('three servers, one of them dead, and back', async (t) => {
  const nats = await startNats(t, { size: 3 });
  await make(t, nats.address);
  await until('all replicas to have caught up', () =>
    found(nats.address).then((codes) => codes.length === 0, electing),
  );
  await nats.servers[2]?.kill();
  await until(
    'the death to be known',
    () => found(nats.address).then((codes) => codes.includes('error replica-missing'), electing),
    30_000,
  );
  t.deepEqual(await found(nats.address), ['warning server-unreachable', 'error replica-missing']);
  nats.servers[2]?.start();
  await nats.ready();
  await until(
    'all to be well',
    () => found(nats.address).then((codes) => codes.length === 0, electing),
    30_000,
  );
});

withNats('servers without JetStream', async (t) => {
  const nats = await startNats(t, { config: 'jetstream: false' });
  t.deepEqual(await found(nats.address), ['error jetstream-off']);
});

withNats('an account with too little room', async (t) => {
  const nats = await startNats(t, {
    config: 'accounts { SHOP { users [ { user: shop, password: secret } ], jetstream { max_file: 64MB } } }',
  });
  const address = nats.address.replace('//', '//shop:secret@');
  t.deepEqual(await found(address), ['warning stream-missing', 'error account-too-small']);
  const error = await t.throwsAsync(make(t, address), { instanceOf: GatewayError, code: 'config_invalid' });
  t.regex(error.message, /too little room/);
});

withNats('too few servers for the replicas', async (t) => {
  const nats = await startNats(t);
  const error = await t.throwsAsync(make(t, `${nats.address}?replicas=3`), {
    instanceOf: GatewayError,
    code: 'config_invalid',
  });
  t.regex(error.message, /too few NATS servers for 3 replicas/);
});

withNats('nobody there, or nobody let in', async (t) => {
  const nats = await startNats(t, { config: 'authorization { token: right }' });
  await t.throwsAsync(found(nats.address), { instanceOf: GatewayError, code: 'config_invalid' });
  await nats.servers[0]?.stop();
  await t.throwsAsync(found(nats.address), { instanceOf: GatewayError, code: 'store_unavailable' });
});

interface Ran {
  readonly code: number;
  readonly findings: readonly unknown[];
}

/** `sluis check --live` on the shop with this store. */
async function check(
  t: ExecutionContext,
  store: string,
  options: readonly string[] = ['--live'],
): Promise<Ran> {
  const folder = temporaryFolder(t);
  const file = join(folder, 'gateway.yaml');
  const vendor = 'https://vendor.example';
  const endpoints = { ga4: vendor, hubspot: vendor, meta: vendor, http: vendor };
  const text = shopRouting({ folder, endpoints, origins: ['https://shop.example'] });
  writeFileSync(file, text.replace(/^store: .*$/m, `store: '${store}'`));
  const lines: string[] = [];
  const code = await runCli(['check', ...options, file], {
    stdin: Readable.from([]),
    out: (line) => void lines.push(line),
    err: () => undefined,
    terminal: false,
    env: { ...TEST_ENV, STORE_TOKEN: 'right', WRONG_TOKEN: 'wrong' },
    ended: () => Promise.resolve(),
    onReload: () => undefined,
  });
  const told = lines.map((line) => JSON.parse(line) as { code: string; severity: string; path: string }); // as it prints
  const findings = told.flatMap((one) => (one.path === 'store' ? [`${one.severity} ${one.code}`] : []));
  return { code, findings: [...new Set(findings)] };
}

withNats('sluis check --live: findings as lines, and 0, 1 or 3', async (t) => {
  const nats = await startNats(t, { config: 'authorization { token: right }' });
  const host = nats.address.slice('nats://'.length);
  const store = `nats://\${STORE_TOKEN}@${host}`;
  t.deepEqual(await check(t, store), { code: 0, findings: ['warning stream-missing'] });
  await make(t, `nats://right@${host}`);
  const fewer = await check(t, `${store}?replicas=3`);
  t.is(fewer.code, 1);
  t.true(fewer.findings.includes('error replica-missing'));
  t.deepEqual(await check(t, `nats://\${WRONG_TOKEN}@${host}`), {
    code: 1,
    findings: ['error store-refused'],
  });
  t.deepEqual(await check(t, `${store}?replicas=2`), { code: 1, findings: ['error wrong-value'] });
  await nats.servers[0]?.stop();
  t.deepEqual(await check(t, store), { code: 3, findings: [] });
  t.deepEqual(await check(t, store, []), { code: 0, findings: [] }, 'without the option nothing connects');
});
