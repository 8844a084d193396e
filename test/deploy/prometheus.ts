// A Prometheus for a test: the shipped configuration with another target and a faster clock, in a folder of its own, gone when
// the test ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { parse, stringify } from 'yaml';
import { temporaryFolder, until } from '../support/gateway.ts';
import { freePort } from '../support/port.ts';
import { DEPLOY, readRules, shortened } from './rules.ts';

export const CONFIG = join(DEPLOY, 'prometheus/prometheus.yaml');

/** One series of an answer, with its latest value. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface Prometheus {
  /** Throws what Prometheus says against the expression. */
  query(expr: string): Promise<readonly Series[]>;
  /** Labels of what a graph from then until now would show. */
  graph(expr: string, since: number): Promise<readonly Series['metric'][]>;
  /** Names of the alerts that are firing, each once. */
  firing(): Promise<readonly string[]>;
  /** Annotations of those. */
  said(): Promise<readonly string[]>;
}

interface ConfigFile {
  readonly global: object;
  readonly scrape_configs: readonly [object];
}

/** The shipped files for this target, with time running `by` times as fast; scrapes come as fast as they can be answered. */
function writeFiles(folder: string, target: string, by: number): string {
  const config = parse(readFileSync(CONFIG, 'utf8')) as ConfigFile; // promtool checks its form
  const [job] = config.scrape_configs;
  const file = join(folder, 'prometheus.yaml');
  writeFileSync(join(folder, 'alerts.yaml'), stringify(shortened(readRules(), by)));
  writeFileSync(
    file,
    stringify({
      ...config,
      global: { scrape_interval: '500ms', evaluation_interval: '1s' },
      scrape_configs: [{ ...job, static_configs: [{ targets: [target] }] }],
    }),
  );
  return file;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly Series[];
    readonly alerts: readonly {
      readonly state: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  };
}

const asParams = (params: Readonly<Record<string, string | number>>): string =>
  new URLSearchParams(
    Object.entries(params).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

async function ask(url: string, path: string): Promise<Answer> {
  const answer = (await (await fetch(`${url}${path}`)).json()) as Answer; // as its API answers
  if (answer.status !== 'success') throw new Error(answer.error);
  return answer;
}

/** Scrapes and judges until the test ends. */
export async function startPrometheus(
  t: ExecutionContext,
  { target, by }: { readonly target: string; readonly by: number },
): Promise<Prometheus> {
  const folder = temporaryFolder(t);
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      `--config.file=${writeFiles(folder, target, by)}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      // How long a sample counts for the present runs faster as well.
      `--query.lookback-delta=${(5 * 60_000) / by}ms`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const url = `http://${address}`;
  await until(
    'Prometheus',
    async () => {
      if (child.exitCode !== null) throw new Error(said.join(''));
      return fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    30_000,
  );
  const alerts = async () =>
    (await ask(url, '/api/v1/alerts')).data.alerts.filter(({ state }) => state === 'firing');
  return {
    query: async (expr) => (await ask(url, `/api/v1/query?${asParams({ query: expr })}`)).data.result,
    async graph(query, since) {
      const params = asParams({ query, start: since / 1000, end: Date.now() / 1000, step: 1 });
      return (await ask(url, `/api/v1/query_range?${params}`)).data.result.map(({ metric }) => metric);
    },
    firing: async () => [...new Set((await alerts()).map(({ labels }) => labels['alertname'] ?? ''))].sort(),
    said: async () => (await alerts()).flatMap(({ annotations }) => Object.values(annotations)),
  };
}
