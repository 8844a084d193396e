// Two bad days: a vendor that answers 500 for as long as events come and recovers afterwards, and a gateway that dies in the middle
// of the load and is started again. Counted is what was acknowledged and never arrived.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Run } from './account.ts';
import { accountOf, arrivals, load } from './account.ts';
import type { Figure } from './figure.ts';
import { lostFields, PATIENCE, ROUNDS, SECONDS } from './figure.ts';
import type { Running, Subject } from './subjects.ts';
import { SEGMENT, SLUIS, SLUIS_RESEND, WALKER, WALKER_SETTLED } from './subjects.ts';

const IN_OUTAGE: readonly Subject[] = [SLUIS, WALKER, WALKER_SETTLED, SEGMENT];
const KILLED: readonly Subject[] = [SLUIS, SLUIS_RESEND, WALKER, WALKER_SETTLED, SEGMENT];

const OUTAGE_PER_SECOND = 300;
const OUTAGE_SECONDS = 3 * SECONDS;
const CRASHES = Math.min(3, ROUNDS);
const CRASH_AFTER_SECONDS = 2 * SECONDS;

async function figureOf(bench: Bench, subject: Subject, name: string, runs: readonly Run[]): Promise<Figure> {
  const account = await accountOf(bench, subject, runs);
  const { acknowledged, refused } = account;
  return { bench: 'peers', case: name, peer: subject.name, acknowledged, refused, ...lostFields(account) };
}

interface Case {
  readonly subject: Subject;
  readonly running: Running;
}

/** The first server meets the longest outage; all have the same time to catch up after it. */
export async function outage(bench: Bench): Promise<readonly Figure[]> {
  const cases: Case[] = [];
  try {
    for (const subject of IN_OUTAGE) cases.push({ subject, running: await subject.start(bench.url) });
    await bench.vendor.ask({ kind: 'behave', status: 500, delayMs: 0 });
    const runs: Run[] = [];
    for (const { running } of cases)
      runs.push(
        await load(bench, running, {
          traffic: 'permitted',
          seconds: OUTAGE_SECONDS,
          rate: OUTAGE_PER_SECOND,
        }),
      );
    await bench.vendor.ask({ kind: 'behave', status: 200, delayMs: 0 });
    const until = performance.now() + PATIENCE.outageMs;
    const figures: Figure[] = [];
    for (const [at, run] of runs.entries()) {
      const { subject } = cases[at] as Case; // one run a case
      const left = Math.max(0, until - performance.now());
      await arrivals(bench, subject, run, { withinMs: left, quietMs: left });
      figures.push(await figureOf(bench, subject, 'vendor answered 500, then recovered', [run]));
    }
    return figures;
  } finally {
    for (const { running } of cases) await running.stop();
  }
}

async function crashed(bench: Bench, { subject, running }: Case): Promise<Run> {
  // Longer than it lives: the load ends when its connections break.
  const seconds = 10 * CRASH_AFTER_SECONDS;
  const loading = load(bench, running, { traffic: 'permitted', seconds, rate: 0 });
  await sleep(CRASH_AFTER_SECONDS * 1000);
  await running.crash();
  const run = await loading;
  await arrivals(bench, subject, run, { withinMs: PATIENCE.turnMs, quietMs: PATIENCE.quietMs });
  return run;
}

/** Killed several times: what a crash meets in flight is a matter of luck. */
export async function crash(bench: Bench): Promise<readonly Figure[]> {
  await bench.vendor.ask({ kind: 'behave', status: 200, delayMs: 0 });
  const figures: Figure[] = [];
  for (const subject of KILLED) {
    const running = await subject.start(bench.url);
    try {
      const runs: Run[] = [];
      let uncertain = 0;
      for (let time = 0; time < CRASHES; time += 1) {
        runs.push(await crashed(bench, { subject, running }));
        uncertain += await running.uncertain();
      }
      const figure = await figureOf(bench, subject, `killed in mid-load, ${CRASHES} ×`, runs);
      figures.push(subject.lanes.includes('ga4') ? { ...figure, uncertain } : figure);
    } finally {
      await running.stop();
    }
  }
  return figures;
}
