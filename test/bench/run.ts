// Runs every benchmark, pinned to core 0, prints their figures as JSON lines, and writes the table of the README from them.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

type Figure = Readonly<Record<string, string | number>>;

const ALONE = ['intake', 'decide', 'consent', 'scan', 'recording', 'deliver', 'pending'] as const;
const README = resolve(import.meta.dirname, '../../README.md');
const BEGIN = '<!-- bench: written by `npm run bench` -->';
const END = '<!-- /bench -->';

async function figuresOf(name: string, pinned: boolean): Promise<readonly Figure[]> {
  process.stderr.write(`bench: ${name}\n`);
  const file = join(import.meta.dirname, `${name}.ts`);
  const command = pinned
    ? ['taskset', '-c', '0', process.execPath, '--expose-gc', file]
    : [process.execPath, file];
  const [program = '', ...args] = command;
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 1 << 24 });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Figure); // each benchmark prints flat objects
}

const UNITS: Readonly<Record<string, string>> = {
  perSecond: '/s',
  us: 'µs',
  ratio: '× bare Koa',
  usRatio: '× CPU of bare Koa',
  parseRatio: '× JSON.parse',
  mbPerSecond: 'MB/s',
  jsonRatio: '× JSON.parse and stringify',
  kbPerVisit: 'KiB a visit',
  mainUs: 'µs main thread',
  workersUs: 'µs workers',
  helpersUs: 'µs helpers of V8',
  loadUs: 'µs load',
  p99Ms: 'ms p99',
  seconds: 's',
  rssMb: 'MiB resident',
};

const shown = (figure: Figure): string =>
  Object.entries(figure)
    .filter(([name]) => name in UNITS)
    .map(([name, value]) => `${value.toLocaleString('en')} ${UNITS[name] ?? ''}`)
    .join(' · ');

const table = (figures: readonly Figure[]): string =>
  [
    '| benchmark | case | figures |',
    '| --- | --- | --- |',
    ...figures.map((each) => `| ${each['bench']} | ${each['case']} | ${shown(each)} |`),
  ].join('\n');

const figures: Figure[] = [];
const only = process.argv[2];
const PLACED = ['accept', 'workers'] as const; // they place their processes themselves
const all = [...PLACED.map((each) => [each, false] as const), ...ALONE.map((each) => [each, true] as const)];
for (const [name, pinned] of all) {
  if (only !== undefined && only !== name) continue;
  for (const figure of await figuresOf(name, pinned)) {
    figures.push(figure);
    process.stdout.write(`${JSON.stringify(figure)}\n`);
  }
}

const readme = readFileSync(README, 'utf8');
const [before, rest] = readme.split(BEGIN);
const after = rest?.split(END)[1];
if (only === undefined && before !== undefined && after !== undefined)
  writeFileSync(README, `${before}${BEGIN}\n\n${table(figures)}\n\n${END}${after}`);
