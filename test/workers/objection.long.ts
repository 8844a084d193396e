// What is said elsewhere, not by a request to a worker, is heard by each of them: by those that run and by one that begins later.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { RunningConfig } from '../../src/config/running.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { OBJECTION } from '../../src/outbox/denials.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { labelsOf } from '../../src/publicSide.ts';
import { openStore } from '../../src/store/index.ts';
import { clock } from '../../src/surroundings.ts';
import { startTaking } from '../../src/taking.ts';
import { ask } from '../http/fixture.ts';
import { quiet } from '../store/admissions.ts';
import { CONNECTIONS, ORIGIN } from './asks.ts';
import {
  chooseConsent,
  shopRouting,
  temporaryFolder,
  TEST_ENV,
  until,
  WRITE_KEY,
} from '../support/gateway.ts';

test('an objection holds at every worker, also at one that begins after it, until it is lifted', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'gateway.yaml');
  const endpoints = {
    ga4: 'http://127.0.0.1:9',
    hubspot: 'http://127.0.0.1:9',
    meta: 'http://127.0.0.1:9',
    http: 'http://127.0.0.1:9',
  };
  writeFileSync(path, shopRouting({ folder, endpoints, origins: [ORIGIN], workers: 2 }));
  const config = new RunningConfig({ config: path, env: TEST_ENV, trial: false, tell: () => undefined });
  const { store, facts } = await openStore('memory:', { clock, log: quiet });
  const outbox = await Outbox.open({ store, facts });
  const observed = createMetrics({ known: labelsOf(() => config.snapshot) });
  const readiness = async () => [];
  const taking = await startTaking({
    config,
    outbox,
    observed,
    readiness,
    log: quiet,
    logLevel: 'silent',
    redirection: null,
  });
  t.teardown(() => taking.close(1000));
  const record = await chooseConsent(`http://127.0.0.1:${taking.port}`, { analytics: true });
  let number = 0;
  const verdicts = async (): Promise<string> => {
    number += 1;
    const event = `Round ${number}`;
    const message = (index: number) => ({
      type: 'track',
      event,
      messageId: `m-${number}-${index}`,
      anonymousId: 'anna',
      writeKey: WRITE_KEY,
      context: { consent: { record } },
    });
    await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, index) =>
        ask(taking.port, {
          method: 'POST',
          path: '/v1/track',
          headers: { origin: ORIGIN },
          body: JSON.stringify(message(index)),
        }),
      ),
    );
    const told = (await taking.recent()).slice(0, CONNECTIONS * config.snapshot.destinations.length);
    const found = told.filter(({ decision }) => decision.destination === 'webhook');
    return [...new Set(found.map(({ decision }) => decision.reasons[0]?.code))].join();
  };
  t.is(await verdicts(), 'permitted');
  const [queued] = await store.find({ state: 'pending', limit: 1 });
  const [subject = ''] = queued?.subjects ?? [];
  await facts.put(OBJECTION + subject, { purposes: ['analytics'] }, null);
  t.is(await verdicts(), 'objected');
  await taking.workers[0]?.terminate();
  await until('another one', () => taking.workers.every(({ listening }) => listening));
  t.is(await verdicts(), 'objected');
  await facts.put(OBJECTION + subject, null, null);
  t.is(await verdicts(), 'permitted');
});
