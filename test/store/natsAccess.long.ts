// Who is let in, and over what: TLS with certificates of both sides, an nkey, a credentials file; and what is said when it is not.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import type { ExecutionContext } from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { readAddress } from '../../src/store/jetstream/address.ts';
import { openConnection } from '../../src/store/jetstream/connection.ts';
import { temporaryFolder, until } from '../support/gateway.ts';
import { missingNats, startNats } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import { recordingLog, runningClock } from './natsSurroundings.ts';

const missingOpenssl =
  spawnSync('openssl', ['version']).status === 0
    ? null
    : 'openssl is not installed (Debian: apt-get install openssl)';
const withNats = needing(missingNats());
const withTls = needing(missingNats() ?? missingOpenssl);

const surroundings = () => ({ clock: runningClock, log: recordingLog() });

/** Opens, asks the server something, and closes; throws what opening throws. */
async function visit(address: string): Promise<void> {
  const connection = await openConnection(readAddress(address), surroundings());
  await connection.nats.flush();
  await connection.close();
}

async function refusalOf(t: ExecutionContext, address: string): Promise<GatewayError> {
  const error = await t.throwsAsync(visit(address), { instanceOf: GatewayError });
  const text = `${error.message} ${String(error.stack)}`;
  for (const secret of ['wrong-one', 'right-one', 'SUA']) t.false(text.includes(secret));
  return error;
}

/** Words are separated by spaces. */
function openssl(folder: string, words: string): void {
  const { status, stderr } = spawnSync('openssl', words.split(' '), { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout';

/** A certificate of this name, signed by the authority of that name. */
function certificate(folder: string, name: string, by: string): void {
  const extensions = `subjectAltName=DNS:localhost,DNS:${name}.example\nextendedKeyUsage=serverAuth,clientAuth\n`;
  writeFileSync(join(folder, `${name}.ext`), extensions);
  openssl(folder, `req ${NEW_KEY} ${name}.key -subj /CN=${name}.example -out ${name}.csr`);
  const signing = `-CA ${by}.pem -CAkey ${by}.key -CAcreateserial -days 2 -extfile ${name}.ext`;
  openssl(folder, `x509 -req -in ${name}.csr ${signing} -out ${name}.pem`);
}

const authority = (folder: string, name: string): void =>
  openssl(folder, `req -x509 ${NEW_KEY} ${name}.key -days 2 -subj /CN=${name}.example -out ${name}.pem`);

withTls('TLS with certificates of both sides, and every way to get it wrong', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['ca', 'stranger']) authority(folder, name);
  certificate(folder, 'server', 'ca');
  certificate(folder, 'gateway', 'ca');
  certificate(folder, 'intruder', 'stranger');
  const at = (name: string): string => join(folder, name);
  const nats = await startNats(t, {
    config: `tls { cert_file: "${at('server.pem')}", key_file: "${at('server.key')}", ca_file: "${at('ca.pem')}", verify: true }`,
  });
  const host = nats.address.slice('nats://'.length).replace('127.0.0.1', 'localhost');
  const own = (name: string): string => `cert=${at(`${name}.pem`)}&key=${at(`${name}.key`)}`;
  await visit(`tls://${host}?ca=${at('ca.pem')}&${own('gateway')}`);
  await visit(`nats://${host}?ca=${at('ca.pem')}&${own('gateway')}`);
  const wrong = {
    'an authority that nobody trusts': `tls://${host}?${own('gateway')}`,
    'the authority of others': `tls://${host}?ca=${at('stranger.pem')}&${own('gateway')}`,
    'a file that is not there': `tls://${host}?ca=${at('nowhere.pem')}&${own('gateway')}`,
    'a key of another certificate': `tls://${host}?ca=${at('ca.pem')}&cert=${at('gateway.pem')}&key=${at('server.key')}`,
  };
  for (const [what, address] of Object.entries(wrong))
    t.is((await refusalOf(t, address)).code, 'config_invalid', what);
  // The server hangs up without a word on these two, which could be anything.
  for (const address of [
    `tls://${host}?ca=${at('ca.pem')}`,
    `tls://${host}?ca=${at('ca.pem')}&${own('intruder')}`,
  ])
    t.regex((await refusalOf(t, address)).code, /^(?:store_unavailable|config_invalid)$/);
});

withTls('an address that says TLS says nothing to a server without', async (t) => {
  const nats = await startNats(t);
  const error = await refusalOf(t, nats.address.replace('nats://127.0.0.1', 'tls://u:right-one@localhost'));
  t.is(error.code, 'config_invalid');
});

withNats('an nkey, from a file that may change under a running gateway', async (t) => {
  const folder = temporaryFolder(t);
  const [user, other] = [nkeys.createUser(), nkeys.createUser()];
  const file = join(folder, 'seed');
  writeFileSync(file, `${Buffer.from(user.getSeed()).toString()}\n`);
  const nats = await startNats(t, {
    config: `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }`,
  });
  const connection = await openConnection(readAddress(`${nats.address}?nkey=${file}`), surroundings());
  t.teardown(() => connection.close());
  writeFileSync(file, 'half a se');
  await nats.servers[0]?.kill();
  await until('the cut', () => !connection.state().connected);
  nats.servers[0]?.start();
  await until('the connection, by what was read before', () => connection.state().connected);
  t.is((await refusalOf(t, `${nats.address}?nkey=${file}`)).code, 'config_invalid', 'no seed');
  writeFileSync(file, other.getSeed());
  t.is((await refusalOf(t, `${nats.address}?nkey=${file}`)).code, 'config_invalid', 'another seed');
  rmSync(file);
  t.regex((await refusalOf(t, `${nats.address}?nkey=${file}`)).message, /cannot be read/);
  t.is((await refusalOf(t, nats.address)).code, 'config_invalid', 'none at all');
});

withNats('user and password, or a token', async (t) => {
  const users = await startNats(t, { config: 'authorization { user: "shop", password: "right-one" }' });
  const host = users.address.slice('nats://'.length);
  await visit(`nats://shop:right-one@${host}`);
  t.is((await refusalOf(t, `nats://shop:wrong-one@${host}`)).code, 'config_invalid');
  const tokens = await startNats(t, { config: 'authorization { token: "right-one" }' });
  await visit(tokens.address.replace('//', '//right-one@'));
  t.is((await refusalOf(t, tokens.address.replace('//', '//wrong-one@'))).code, 'config_invalid');
});

type KeyPair = ReturnType<typeof nkeys.createUser>;

const base64url = (content: string | Uint8Array): string => Buffer.from(content).toString('base64url');

/** A token as operators sign them: of the subject, by the issuer. */
function signed(subject: KeyPair, issuer: KeyPair, claims: object): string {
  const body = {
    jti: subject.getPublicKey(),
    iat: 1_700_000_000,
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
  };
  const head = base64url(JSON.stringify({ typ: 'JWT', alg: 'ed25519-nkey' }));
  const text = `${head}.${base64url(JSON.stringify({ ...body, name: 'shop', nats: { ...claims, version: 2 } }))}`;
  return `${text}.${base64url(issuer.sign(Buffer.from(text)))}`;
}

withNats('a credentials file of an account', async (t) => {
  const folder = temporaryFolder(t);
  const [operator, system] = [nkeys.createOperator(), nkeys.createAccount()];
  const [account, user] = [nkeys.createAccount(), nkeys.createUser()];
  const any = { subs: -1, data: -1, payload: -1 };
  const limits = {
    ...any,
    imports: -1,
    exports: -1,
    wildcards: true,
    conn: -1,
    leaf: -1,
    mem_storage: -1,
    disk_storage: -1,
    streams: -1,
    consumer: -1,
  };
  const accountToken = signed(account, operator, { type: 'account', limits });
  const noStreams = { ...limits, mem_storage: 0, disk_storage: 0 };
  const systemToken = signed(system, operator, { type: 'account', limits: noStreams });
  const userToken = signed(user, account, { type: 'user', ...any });
  const file = join(folder, 'shop.creds');
  writeFileSync(
    file,
    `-----BEGIN NATS USER JWT-----\n${userToken}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${Buffer.from(user.getSeed()).toString()}\n------END USER NKEY SEED------\n`,
  );
  const nats = await startNats(t, {
    config: `system_account: ${system.getPublicKey()}
operator: ${signed(operator, operator, { type: 'operator' })}
resolver: MEMORY
resolver_preload: { ${account.getPublicKey()}: ${accountToken}, ${system.getPublicKey()}: ${systemToken} }`,
  });
  await visit(`${nats.address}?creds=${file}`);
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/SU[A-Z0-9]+/, Buffer.from(nkeys.createUser().getSeed()).toString()),
  );
  t.is(
    (await refusalOf(t, `${nats.address}?creds=${file}`)).code,
    'config_invalid',
    'the seed of another user',
  );
  writeFileSync(file, 'neither');
  t.is((await refusalOf(t, `${nats.address}?creds=${file}`)).code, 'config_invalid', 'no credentials');
});
