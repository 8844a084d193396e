// `recording`: cleaning uploads of a recorder in MB/s and as a multiple of parsing and writing the same body; what the memory of
// a page visit takes; and a thousand visits held at once.

import type { RecordingRules } from '../../src/core/recording.ts';
import { clarity } from '../../src/recording/clarity.ts';
import { CAPTURES, KNOWN, rules } from '../recording/captures.ts';
import { recordedPage } from './recordedPage.ts';

const ROUNDS = 7;
const ROUND_MS = 150;
const NODES = 2000;
const VISITS = 1000;

const print = (name: string, figures: Readonly<Record<string, number>>): void =>
  void process.stdout.write(`${JSON.stringify({ bench: 'recording', case: name, ...figures })}\n`);
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** Median µs of processor time of one call of each, over seven rounds in which they take turns. */
function measure(...calls: readonly (() => void)[]): readonly number[] {
  const figures = calls.map((): number[] => []);
  for (let number = -3; number < ROUNDS; number++)
    for (const [index, call] of calls.entries()) {
      const us = timed(call);
      if (number >= 0) figures[index]?.push(us);
    }
  return figures.map((of) => of.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0);
}

function timed(call: () => void): number {
  const start = performance.now();
  const cpu = process.threadCpuUsage();
  let calls = 0;
  while (performance.now() - start < ROUND_MS) {
    call();
    calls += 1;
  }
  const { user, system } = process.threadCpuUsage(cpu);
  return (user + system) / calls;
}

function compare(name: string, bodies: readonly Buffer[], given: RecordingRules): void {
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const [us = 0, json = 0] = measure(
    () => {
      for (const body of bodies) clarity.open(body).clean(given, clarity.begin());
    },
    () => {
      for (const body of bodies) JSON.stringify(JSON.parse(body.toString()));
    },
  );
  print(name, {
    mbPerSecond: round(bytes / us, 1),
    jsonRatio: round(us / json, 1),
    us: round(us / bodies.length, 0),
  });
}

const shop = { origins: ['https://shop.example', 'http://shop.example:8099'], known: KNOWN };
const strict = rules(shop);
const balanced = rules({ ...shop, text: 'balanced' });
const captures = CAPTURES.map(({ body }) => body);
const text = recordedPage(NODES);
const page = Buffer.from(text);
/** Together more than is remembered of pages, so that each comes as if nobody had seen it before. */
const unseen = Array.from({ length: 24 }, (_, n) =>
  Buffer.from(
    text
      .replaceAll('id=p-', `id=p${n}-`)
      .replaceAll('/schuhe/', `/sommer${n}/`)
      .replaceAll('/img/', `/bild${n}/`),
  ),
);

compare(`${captures.length} captured uploads, strict`, captures, strict);
compare(`${captures.length} captured uploads, balanced`, captures, balanced);
compare(`a page of ${NODES} nodes (${Math.round(page.length / 1024)} KB), strict`, [page], strict);
compare(`a page of ${NODES} nodes, balanced`, [page], balanced);
compare(`pages of ${NODES} nodes that nobody saw before, strict`, unseen, strict);

const heap = (): number => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const uploads = Array.from({ length: 8 }, (_, n) => Buffer.from(recordedPage(NODES, `user${n}`)));
const before = heap();
const cpu = process.cpuUsage();
const visits = Array.from({ length: VISITS }, (_, n) => {
  const memory = clarity.begin();
  clarity.open(uploads[n % uploads.length] ?? page).clean(strict, memory);
  return memory;
});
const { user, system } = process.cpuUsage(cpu);
const held = heap() - before;
const estimated = visits.reduce((sum, { bytes }) => sum + bytes, 0);
print(`${VISITS} visits of ${NODES} nodes held`, {
  kbPerVisit: round(held / VISITS / 1024, 1),
  estimatedKb: round(estimated / VISITS / 1024, 1),
  seconds: round((user + system) / 1e6, 1),
});
