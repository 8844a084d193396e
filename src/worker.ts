// The composition root of a worker thread: public listener and pipeline over an outbox that another thread owns. It judges by what
// it is told: the routing file, and what people said since.

import { parentPort, workerData } from 'node:worker_threads';
import { loadSource } from './config/source.ts';
import type { Snapshot } from './core/config.ts';
import { GatewayError } from './core/errors.ts';
import { Forwarding } from './delivery/forward.ts';
import { destinationType } from './destinations/index.ts';
import type { NotReady } from './http/ports.ts';
import { decisionFeed } from './observe/feed.ts';
import { createLog } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { FLIGHT_LIMITS } from './outbox/flights.ts';
import { Said } from './outbox/said.ts';
import { labelsOf, publicSide } from './publicSide.ts';
import { clock, random } from './surroundings.ts';
import { redirected } from './trial/trial.ts';
import { OutboxClient } from './workers/client.ts';
import { failureOf } from './workers/protocol.ts';
import type { Asked, Config, FromWorker, Start, ToWorker } from './workers/protocol.ts';

/** The same snapshot as the owner's. Throws if it is another: events must not be judged by two. */
function snapshotOf({ source, digest }: Config, { redirection }: Start): Snapshot {
  const result = loadSource(source);
  if (!result.ok || result.snapshot.digest !== digest)
    throw new GatewayError('config_invalid', 'a worker cannot load what the gateway runs on');
  return redirection === null ? result.snapshot : redirected(result.snapshot, redirection);
}

function partsOf(start: Start, post: (message: FromWorker) => void) {
  const current = { snapshot: snapshotOf(start.config, start) };
  const snapshot = (): Snapshot => current.snapshot;
  const said = new Said();
  for (const change of start.said) said.learn(change);
  const outbox = new OutboxClient({
    post: (pieces) => post({ kind: 'calls', pieces }),
    waitingBytes: Math.ceil(FLIGHT_LIMITS.waitingBytes / start.among),
  });
  const observed = createMetrics({ known: labelsOf(snapshot) });
  const { metrics } = observed;
  const log = createLog({ level: start.logLevel });
  const { among } = start;
  const forward = new Forwarding({ snapshot, typeOf: destinationType, clock, random, metrics, log, among });
  const feed = decisionFeed();
  const listener = publicSide({
    snapshot,
    outbox,
    saidSince: (subjects) => said.standingOf(subjects),
    forward,
    metrics,
    feed,
    log,
    readiness: () => outbox.ready<readonly NotReady[]>(),
    trial: start.redirection !== null,
    binding: { port: start.port, among },
  });
  return { current, said, outbox, observed, feed, forward, listener };
}

if (parentPort === null) throw new TypeError('this module is started as a thread');
const port = parentPort;
const start = workerData as Start; // as pool.ts gives it
const post = (message: FromWorker): void => port.postMessage(message);
const { current, said, outbox, observed, feed, forward, listener } = partsOf(start, post);

/** Nothing else keeps the thread but connections to vendors. */
const end = (): void => void forward.close().finally(() => port.close());

function fail(error: unknown): void {
  post({ kind: 'failed', failure: failureOf(error) });
  end();
}

async function answer(number: number, what: Asked): Promise<void> {
  post({ kind: 'answer', number, value: what === 'series' ? await observed.series() : feed.recent() });
}

port.on('message', (message: ToWorker): void => {
  switch (message.kind) {
    case 'answers':
      return outbox.answered(message.done, message.others);
    case 'said':
      return said.learn(message.change);
    case 'config':
      current.snapshot = snapshotOf(message.config, start);
      return;
    case 'sync':
      outbox.flush();
      return post({ kind: 'answer', number: message.number, value: true });
    case 'ask':
      return void answer(message.number, message.what);
    case 'listen':
      return void listener.listen().then(() => post({ kind: 'listening' }), fail);
    case 'stop':
      return void listener.close(message.deadlineMs).then(end, end);
  }
});
post({ kind: 'loaded' });
