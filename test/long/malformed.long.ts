// A hundred thousand malformed requests against the public listener with the real intake protocols: no fault, no crash, and
// memory that stays where it was.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { INTAKE_PROTOCOLS } from '../../src/intake/index.ts';
import { ask, fakeProtocol, stage, start } from '../http/fixture.ts';
import { bombard, faultsIn } from '../http/malformed.ts';

const ANSWERS = 100_000;
const CONNECTIONS = 3000;
const MAX_GROWTH = 8 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // there by the flag

/** What is really held: everything else is the collector's own leisure. */
function held(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('a hundred thousand malformed requests', async (t) => {
  t.timeout(300_000);
  const { ports, accepted, logged, seen, counted } = stage();
  const port = await start(t, {
    ...ports,
    protocols: [...INTAKE_PROTOCOLS, { ...fakeProtocol(seen), documents: [] }],
  });
  let answers = 0;
  const after: number[] = [];
  for (let round = 0; answers < ANSWERS; round++) {
    const statuses = await bombard(port, { seed: 1_000_000 * (round + 1), connections: CONNECTIONS });
    t.deepEqual(faultsIn(statuses), [], `round ${round}`);
    t.deepEqual(logged, []);
    for (const times of statuses.values()) answers += times;
    // What this test itself remembers is not the gateway's.
    for (const kept of [accepted, seen, counted]) kept.length = 0;
    after.push(held());
  }
  // Single rounds are caught with buffers on their way out; the lowest of many is what is kept.
  const early = Math.min(...after.slice(1, after.length / 2));
  const late = Math.min(...after.slice(after.length / 2));
  t.log(`${answers} answers; held in KB: ${after.map((bytes) => Math.round(bytes / 1024)).join(' ')}`);
  t.true(late - early < MAX_GROWTH, `${late - early} bytes more`);
  t.is((await ask(port, { path: '/healthz' })).status, 200);
});
