// The cases that are measured in turns: each server runs warm, then all take turns, and each turn lasts until what it accepted has
// arrived, so that the CPU of a request is that of accepting and delivering. Medians; ratios are to bare Koa in the same turn.

import { median } from '../process.ts';
import type { Account, Bench, Patience, Run, Traffic } from './account.ts';
import { accountOf, arrivals, load } from './account.ts';
import type { Figure } from './figure.ts';
import { lostFields, PATIENCE, ROUNDS, SECONDS, WARM_UP_SECONDS } from './figure.ts';
import type { Running, Subject } from './subjects.ts';
import {
  BARE,
  SEGMENT,
  SLUIS,
  SLUIS_ONE,
  WALKER,
  WALKER_BOUNDED,
  WALKER_GATED,
  WALKER_SETTLED,
} from './subjects.ts';

interface Scene {
  readonly name: string;
  readonly traffic: Traffic;
  readonly delayMs: number;
  readonly subjects: readonly Subject[];
}

const SCENES: readonly Scene[] = [
  {
    name: 'permitted',
    traffic: 'permitted',
    delayMs: 0,
    subjects: [BARE, SLUIS, SLUIS_ONE, WALKER, WALKER_SETTLED, SEGMENT],
  },
  {
    name: 'no consent',
    traffic: 'denied',
    delayMs: 0,
    subjects: [SLUIS, WALKER, WALKER_BOUNDED, WALKER_GATED, SEGMENT],
  },
  {
    name: 'half without consent',
    traffic: 'mixed',
    delayMs: 0,
    subjects: [SLUIS, WALKER, WALKER_BOUNDED, WALKER_GATED],
  },
  {
    name: 'vendor takes 200 ms',
    traffic: 'permitted',
    delayMs: 200,
    subjects: [SLUIS, WALKER, WALKER_SETTLED, SEGMENT],
  },
];

interface Turn {
  readonly run: Run;
  readonly perSecond: number;
  readonly us: number;
  readonly p99Ms: number;
  /** Accepted and arrived, per second from the first request until the last arrival or the end of the load. */
  readonly arrivedPerSecond: number;
  /** Share of their core that the load and the vendor used while the load ran. */
  readonly helpersBusy: number;
}

interface Case {
  readonly scene: Scene;
  readonly subject: Subject;
  readonly running: Running;
  readonly turns: Turn[];
}

interface Length {
  readonly seconds: number;
  readonly delayMs: number;
}

async function turn(bench: Bench, { scene, subject, running }: Case, length: Length): Promise<Turn> {
  const helpersUs = (): number => bench.vendor.cpuUs() + bench.generator.cpuUs();
  const patience: Patience = { withinMs: PATIENCE.turnMs, quietMs: PATIENCE.quietMs };
  await bench.vendor.ask({ kind: 'behave', status: 200, delayMs: length.delayMs });
  const before = { us: running.server.cpuUs(), helpersUs: helpersUs(), at: performance.now() };
  const run = await load(bench, running, { traffic: scene.traffic, seconds: length.seconds, rate: 0 });
  const loadedAt = performance.now();
  const helpersBusy = (helpersUs() - before.helpersUs) / (run.seconds * 1e6);
  const { events, lastAt } = await arrivals(bench, subject, run, patience);
  return {
    run,
    perSecond: run.perSecond,
    us: (running.server.cpuUs() - before.us) / run.requests,
    p99Ms: run.p99Ms,
    arrivedPerSecond:
      subject.lanes.length === 0 ? 0 : (1000 * events) / (Math.max(loadedAt, lastAt) - before.at),
    helpersBusy,
  };
}

type Measure = Exclude<keyof Turn, 'run'>;

function figureOf(made: Case, bare: Case, account: Account): Figure {
  const of = (key: Measure): number => median(made.turns.map((each) => each[key]));
  const ratio = (key: Measure): number =>
    Number(
      median(made.turns.map((each, at) => each[key] / (bare.turns[at]?.[key] ?? Number.NaN))).toFixed(2),
    );
  return {
    bench: 'peers',
    case: made.scene.name,
    peer: made.subject.name,
    perSecond: Math.round(of('perSecond')),
    ratio: ratio('perSecond'),
    us: Number(of('us').toFixed(1)),
    usRatio: ratio('us'),
    p99Ms: Number(of('p99Ms').toFixed(1)),
    arrivedPerSecond: Math.round(of('arrivedPerSecond')),
    acknowledged: account.acknowledged,
    refused: account.refused,
    ...lostFields(account),
    rssMb: Math.round(made.running.server.rssMb()),
    helpersBusy: Number(Math.max(...made.turns.map((each) => each.helpersBusy)).toFixed(2)),
    bodyBytes: made.running.body(made.scene.traffic !== 'denied').length,
  };
}

async function measure(bench: Bench, cases: readonly Case[]): Promise<readonly Figure[]> {
  const [bare] = cases;
  if (bare === undefined) return [];
  const warm: Run[] = [];
  // The vendor is quick meanwhile: nobody is measured while another still works off what it took in.
  for (const each of cases)
    warm.push((await turn(bench, each, { seconds: WARM_UP_SECONDS, delayMs: 0 })).run);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const each of cases)
      each.turns.push(await turn(bench, each, { seconds: SECONDS, delayMs: each.scene.delayMs }));
  const figures: Figure[] = [];
  for (const [at, each] of cases.entries()) {
    const runs = [...warm.slice(at, at + 1), ...each.turns.map(({ run }) => run)];
    figures.push(figureOf(each, bare, await accountOf(bench, each.subject, runs)));
  }
  return figures;
}

/** All servers run from the beginning, each in a process of its own, so that no case inherits what another left in memory. */
export async function turns(bench: Bench): Promise<readonly Figure[]> {
  const cases: Case[] = [];
  try {
    for (const scene of SCENES)
      for (const subject of scene.subjects)
        cases.push({ scene, subject, running: await subject.start(bench.url), turns: [] });
    return await measure(bench, cases);
  } finally {
    for (const { running } of cases) await running.stop();
  }
}
