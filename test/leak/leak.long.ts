// The leak test at length: tens of thousands of events on paper, thousands through running gateways with SQLite on disk, vendors
// that write down every byte, and everything they print. Prints the seed it starts from; SEED brings it back.

import test from 'ava';
import { runLive } from './live.ts';
import { SEED } from '../support/seed.ts';
import { runPaper } from './told.ts';

/** The same seed makes the same world only at the same instant. */
const NOW = Date.parse('2026-11-25T12:00:00Z');
const ON_PAPER = 160;
const LIVE = 4;

test.serial('on paper: no canary anywhere that the rules do not permit', (t) => {
  let events = 0;
  let requests = 0;
  for (let seed = SEED; seed < SEED + ON_PAPER; seed += 1) {
    const run = runPaper(seed, NOW, 60);
    events += run.events;
    requests += run.requests;
    t.deepEqual(run.faults.slice(0, 3), [], `SEED=${seed}`);
  }
  t.log(`SEED=${SEED}: ${events} events, ${requests} requests`);
  t.true(requests > events / 2);
});

for (let seed = SEED; seed < SEED + LIVE; seed += 1)
  test.serial(
    `running: no canary in requests, store, log, metrics, console or answers (world ${seed - SEED + 1})`,
    async (t) => {
      const run = await runLive(seed, { batches: 6, visitors: 60, compared: 40 });
      t.deepEqual(run.faults.slice(0, 3), [], `SEED=${seed}`);
      t.log(
        `SEED=${seed}: ${run.events} events, ${run.requests} requests, ${run.compared} compared with explain`,
      );
      t.true(run.requests > 0);
      t.true(run.compared > 0);
    },
  );
