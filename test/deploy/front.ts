// A front of deploy/ as a process of its own, before a gateway that really runs: the very file, with other ports, paths and a
// certificate made on the spot. It does not outlive the test, and everything it writes stays in a folder of the test.

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, until } from '../support/gateway.ts';
import { freePort } from '../support/port.ts';

/** The name that the files of deploy/ carry. */
export const NAME = 't.shop.example';

export interface Places {
  readonly folder: string;
  /** For logs, certificates of its own and whatever else the front writes. */
  readonly written: string;
  readonly gateway: number;
  readonly http: number;
  readonly https: number;
  readonly certificate: string;
  readonly key: string;
}

export interface CommandLine {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface FrontKind {
  /** Of the program, and of Debian's package. */
  readonly name: string;
  /** Writes the adapted files; says how the program checks them and how it serves them. */
  write(places: Places): { readonly check: CommandLine; readonly serve: CommandLine };
}

export interface Front {
  readonly http: number;
  readonly https: number;
  /** Certificate that its clients trust. */
  readonly ca: string;
  readonly written: string;
  /** What the program said of its files before it was started. */
  readonly checked: string;
  /** All that it wrote and said so far, in files and on its streams. */
  everything(): string;
}

const environment = (env: CommandLine['env']): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  ...env,
});

/** Null if the program is here. */
export const missing = (program: string): string | null =>
  spawnSync(program, ['version']).error === undefined
    ? null
    : `${program} is not installed; Debian has it in a package of that name`;

/** A certificate for the name, and its key. */
function certify(folder: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const wanted = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`, '-days', '2'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    ...kind,
    ...wanted,
    '-keyout',
    key,
    '-out',
    certificate,
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${String(made.stderr)}`);
  return { certificate, key };
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

function textsIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

/** Asks it to end, and waits for that: a master process takes its workers along. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

async function place(t: ExecutionContext, gateway: number): Promise<Places> {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o711); // workers run as somebody else
  const written = join(folder, 'written');
  mkdirSync(written);
  const ports = { gateway, http: await freePort(), https: await freePort() };
  return { folder, written, ...ports, ...certify(folder) };
}

/** Checks the files, then serves them. Throws what the program says if it refuses them. */
export async function startFront(t: ExecutionContext, kind: FrontKind, gateway: number): Promise<Front> {
  const places = await place(t, gateway);
  const { check, serve } = kind.write(places);
  const checked = spawnSync(kind.name, check.args, { env: environment(check.env), encoding: 'utf8' });
  if (checked.status !== 0) throw new Error(`${kind.name}: ${checked.stdout}${checked.stderr}`);
  const said: string[] = [];
  const child = spawn(kind.name, serve.args, {
    env: environment(serve.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => said.push(chunk.toString('latin1')));
  t.teardown(() => end(child));
  await until(`${kind.name} that takes connections`, () => {
    if (child.exitCode !== null) throw new Error(`${kind.name}: ${said.join('')}`);
    return accepts(places.https);
  });
  return {
    http: places.http,
    https: places.https,
    ca: readFileSync(places.certificate, 'utf8'),
    written: places.written,
    checked: `${checked.stdout}${checked.stderr}`,
    everything: () => [...said, textsIn(places.written)].join('\n'),
  };
}
