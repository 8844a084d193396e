// A few hundred spoiled requests against the whole gateway; `listener.long.ts` sends a hundred thousand.

import test from 'ava';
import { until } from '../support/gateway.ts';
import { campaign } from './campaign.ts';
import { CANARY } from './dice.ts';
import { arrived, faultLines, good, startTarget } from './target.ts';

test('spoiled requests get no fault, repeat nothing and leave the gateway well', async (t) => {
  const target = await startTarget(t);
  const seed = 20_261_125;
  const { ports, record, life } = target;
  const result = await campaign({
    ports,
    record,
    seed,
    requests: 400,
    atOnce: 32,
    until: performance.now() + 15_000,
  });
  t.deepEqual(result.faults, [], `seed ${seed}`);
  t.true(result.answered > 150, `${result.answered} of ${result.sent} answered`);
  t.true(result.statuses.size >= 8, `statuses seen: ${[...result.statuses.keys()].join()}`);
  t.is((await good(target, 7_777)).status, 200);
  await until('the good event to be delivered', () => arrived(target, 7_777));
  t.deepEqual(faultLines(life), []);
  t.deepEqual(
    life.said.filter((line) => line.includes(CANARY)),
    [],
  );
});
