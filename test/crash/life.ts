// The gateway as a process of its own, from `serve` to its end: started, asked, killed, stopped. Several lives may follow one
// another on the same files.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { TEST_ENV, until } from '../support/gateway.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const START_MS = 30_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Life {
  /** Addresses of the two listeners, without a slash at the end. */
  readonly url: string;
  readonly admin: string;
  readonly ended: Promise<Exit>;
  /** What it said on standard error, and logged on standard output. */
  readonly said: readonly string[];
  signal(name: NodeJS.Signals): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface LifeOptions {
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class StartFailed extends Error {
  readonly exit: Exit;

  constructor(exit: Exit, said: readonly string[]) {
    super(`the gateway ended with ${exit.code ?? exit.signal}: ${said.slice(-5).join('\n')}`);
    this.exit = exit;
  }
}

function listen(child: ChildProcess, said: string[]): Promise<{ url: string; admin: string }> {
  return new Promise((found) => {
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => {
          said.push(line);
          const ports = /events on port (\d+), console and metrics on port (\d+)/.exec(line);
          if (ports !== null)
            found({ url: `http://127.0.0.1:${ports[1]}`, admin: `http://127.0.0.1:${ports[2]}` });
        });
  });
}

/** Runs a command line of the gateway. It does not outlive the test. */
export function run(t: ExecutionContext, args: readonly string[], env = TEST_ENV): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  return child;
}

/** Resolves when it takes events; throws `StartFailed` if it ends before that. */
export async function startLife(t: ExecutionContext, options: LifeOptions): Promise<Life> {
  const said: string[] = [];
  const child = run(t, ['serve', '--config', options.config, '--log-level', 'info'], options.env ?? TEST_ENV);
  const ended = once(child, 'exit').then(([code, signal]: (number | string | null)[]): Exit => ({
    code: typeof code === 'number' ? code : null,
    signal: typeof signal === 'string' ? signal : null,
  }));
  const late = new AbortController();
  const tooLate = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(new Error('the gateway does not start')), START_MS);
    late.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const failed = ended.then((exit): never => {
    throw new StartFailed(exit, said);
  });
  failed.catch(() => undefined);
  const addresses = await Promise.race([listen(child, said), failed, tooLate]).finally(() => late.abort());
  return {
    ...addresses,
    ended,
    said,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

interface Stats {
  readonly store: {
    readonly destinations: Readonly<Record<string, { readonly pending: number; readonly dead: number }>>;
  };
}

/** What is pending and dead per destination. */
export async function queues(
  life: Life,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Stats['store']['destinations']> {
  const answer = await fetch(`${life.admin}/api/stats`, options);
  return ((await answer.json()) as Stats).store.destinations; // as it answers
}

/** Waits until nothing is pending, or nothing but what waits for these destinations. */
export async function drained(life: Life, deadlineMs = 60_000, but: readonly string[] = []): Promise<void> {
  await until(
    'an empty queue',
    async () =>
      Object.entries(await queues(life)).every(([name, { pending }]) => pending === 0 || but.includes(name)),
    deadlineMs,
  );
}

/** Value of one line of the metrics; 0 if it is not there. */
export async function metric(
  life: Life,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const text = await (await fetch(`${life.admin}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  const found = lines.filter((line) =>
    Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
  );
  return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
