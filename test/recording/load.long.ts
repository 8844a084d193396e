// A thousand pages recorded at once by a gateway that has one core: every upload is answered, and each arrives at the vendor once,
// cleaned, as part of a page that is known.

import { Agent, request as httpRequest } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { RECORD_COOKIE } from '../../src/core/consent.ts';
import { MAIN, recordFrom } from '../bench/gateway.ts';
import { start } from '../bench/process.ts';
import { temporaryFolder, TEST_ENV } from '../support/gateway.ts';
import {
  ORIGIN,
  recordingRouting,
  startCollector,
  textOf,
  TYPED,
  uploadOf,
  visits,
} from '../workers/visits.ts';
import type { Visit } from '../workers/visits.ts';

const VISITS = 1000;
const UPLOADS = 4;
/** A recorder waits 1 to 30 s between two uploads: this is one visit every 7 s. */
const PER_SECOND = 140;
/** The gateway's; the collector and the pages have the other. */
const CORE = 1;

const portIn = (line: string): number | null =>
  Number(/events on port (\d+)/.exec(line)?.[1] ?? Number.NaN) || null;

interface Sent {
  readonly status: number;
  readonly ms: number;
}

/** All pages of one browser vendor keep their connections, as browsers do. */
function pages(port: number, record: string) {
  const agent = new Agent({ keepAlive: true });
  const send = (visit: Visit, sequence: number): Promise<Sent> =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const call = httpRequest(
        {
          agent,
          host: '127.0.0.1',
          port,
          method: 'POST',
          path: `/clarity/collect?v=${visit.session}`,
          headers: {
            origin: ORIGIN,
            accept: 'application/x-clarity-gzip',
            cookie: `${RECORD_COOKIE}=${record}`,
          },
        },
        (answer) => {
          answer.resume().once('end', () => {
            resolve({ status: answer.statusCode ?? 0, ms: performance.now() - started });
          });
        },
      );
      call.once('error', reject);
      call.end(gzipSync(uploadOf(visit, sequence, 300), { level: 1 }));
    });
  return { send, close: () => agent.destroy() };
}

/** Each page's uploads one after the other, all pages at once, at the rate. */
async function recordAll(all: readonly Visit[], send: (visit: Visit, sequence: number) => Promise<Sent>) {
  const last = new Map<Visit, Promise<unknown>>();
  const sent: Promise<Sent>[] = [];
  const begun = performance.now();
  for (let sequence = 1; sequence <= UPLOADS; sequence += 1)
    for (const visit of all) {
      const before = last.get(visit) ?? Promise.resolve();
      const upload = before.then(() => send(visit, sequence));
      last.set(visit, upload);
      sent.push(upload);
      const aheadMs = (sent.length * 1000) / PER_SECOND - (performance.now() - begun);
      if (aheadMs > 5) await pause(aheadMs); // keeps the rate
    }
  return Promise.all(sent);
}

const quantile = (values: readonly number[], share: number): number =>
  Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0);

test('a thousand pages are recorded at once on one core, and nothing is lost', async (t) => {
  t.timeout(180_000);
  const folder = temporaryFolder(t);
  const config = join(folder, 'gateway.yaml');
  const collector = await startCollector(t);
  writeFileSync(config, recordingRouting(collector.url)({ folder, endpoints: {}, origins: [ORIGIN] }));
  const args = ['serve', '--config', config, '--log-level', 'error'];
  const gateway = await start({ file: MAIN, args, env: TEST_ENV, portIn }, CORE);
  t.teardown(() => gateway.stop());
  const record = await recordFrom(gateway.port, ['recording', 'marketing', 'profiling']);
  const { send, close } = pages(gateway.port, record);
  t.teardown(close);
  const all = visits(VISITS);
  const [cpuBefore, begun] = [gateway.cpuUs(), performance.now()];
  const sent = await recordAll(all, send);
  const [cpu, took] = [gateway.cpuUs() - cpuBefore, performance.now() - begun];

  t.deepEqual(new Set(sent.map(({ status }) => status)), new Set([204]));
  t.is(collector.arrived.length, VISITS * UPLOADS);
  const known = Map.groupBy(collector.arrived, ({ session }) => session);
  t.is(known.size, VISITS);
  const whole = [...known.values()].filter(
    (uploads) =>
      uploads.map(({ sequence }) => sequence).join() === '1,2,3,4' &&
      uploads.every(({ sequence, body }) => sequence === 1 || body.includes(textOf(sequence))),
  );
  t.is(whole.length, VISITS, 'each upload once, in order, of a page that was known');
  t.is(collector.arrived.filter(({ body }) => body.includes(TYPED)).length, 0);
  t.log(
    `${sent.length} uploads in ${Math.round(took)} ms, ${Math.round(cpu / sent.length)} µs each of the core, ` +
      `${Math.round((cpu / took / 1000) * 100)} % of it; answered after ${quantile(
        sent.map(({ ms }) => ms),
        0.5,
      )} ms, 99 %: ${quantile(
        sent.map(({ ms }) => ms),
        0.99,
      )} ms; ${Math.round(gateway.rssMb())} MB`,
  );
});
