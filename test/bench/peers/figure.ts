// How long the benchmark of the peers takes, what one line of it holds, and how the lines become the table of its README.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Account } from './account.ts';
import { VERSIONS } from './install.ts';

export type Figure = Readonly<Record<string, string | number>>;

export const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);
/** Of load in one turn. */
export const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1);
/** Servers run for so long before they are measured: what V8 still compiles is no cost of an event. */
export const WARM_UP_SECONDS = Number(process.env['BENCH_WARM_UP'] ?? 8);

/** How long what was acknowledged is waited for. */
export const PATIENCE = {
  turnMs: 20_000,
  quietMs: 2000,
  /** After the vendor recovered; the whole of it is waited if anything is missing. */
  outageMs: 1000 * Number(process.env['BENCH_WAIT'] ?? 45),
} as const;

export const lostFields = ({ lost, unpermitted, twice }: Account): Figure => ({
  ...(lost.webhook === undefined ? {} : { lost: lost.webhook }),
  ...(lost.ga4 === undefined ? {} : { lostGa4: lost.ga4 }),
  unpermitted,
  twice,
});

const README = resolve(import.meta.dirname, 'README.md');
const BEGIN = '<!-- peers: written by `node test/bench/peers/run.ts` -->';
const END = '<!-- /peers -->';

const COLUMNS: readonly (readonly [string, (figure: Figure) => string])[] = [
  ['case', (figure) => String(figure['case'])],
  ['server', (figure) => String(figure['peer'])],
  ['accepted /s', (figure) => number(figure['perSecond'])],
  ['× bare', (figure) => number(figure['ratio'])],
  ['CPU µs', (figure) => number(figure['us'])],
  ['× bare', (figure) => number(figure['usRatio'])],
  ['p99 ms', (figure) => number(figure['p99Ms'])],
  ['arrived /s', (figure) => number(figure['arrivedPerSecond'])],
  ['acknowledged', (figure) => number(figure['acknowledged'])],
  ['lost', lost],
  ['without consent', (figure) => number(figure['unpermitted'])],
  ['twice', (figure) => number(figure['twice'])],
  ['MiB', (figure) => number(figure['rssMb'])],
];

const number = (value: string | number | undefined): string => value?.toLocaleString('en') ?? '';

function lost(figure: Figure): string {
  const webhook = number(figure['lost']);
  if (figure['lostGa4'] === undefined) return webhook;
  const known = figure['uncertain'] === undefined ? '' : ` (${number(figure['uncertain'])} uncertain)`;
  return `${webhook}; GA4 ${number(figure['lostGa4'])}${known}`;
}

function table(figures: readonly Figure[]): string {
  const versions = Object.entries(VERSIONS).map(([name, version]) => `${name} ${version}`);
  const measured = `Node ${process.version}; ${ROUNDS} turns of ${SECONDS} s after ${WARM_UP_SECONDS} s of warming up.`;
  const busiest = Math.max(...figures.map((each) => Number(each['helpersBusy'] ?? 0)));
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `${measured} ${versions.join(', ')}. Load and vendor used at most ${Math.round(busiest * 100)} % of their core in a turn.`,
    '',
    row(COLUMNS.map(([title]) => title)),
    row(COLUMNS.map(() => '---')),
    ...figures.map((each) => row(COLUMNS.map(([, cell]) => cell(each)))),
  ].join('\n');
}

export function writeReadme(figures: readonly Figure[]): void {
  const readme = readFileSync(README, 'utf8');
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${README} has no place for the table`);
  writeFileSync(README, `${before}${BEGIN}\n\n${table(figures)}\n\n${END}${after}`);
}
