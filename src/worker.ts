// The composition root of a worker thread: public listener and pipeline over an outbox that another thread owns. It judges by what
// it is told: the routing file, and what people said since.

import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { loadSource } from './config/source.ts';
import type { Snapshot } from './core/config.ts';
import { GatewayError } from './core/errors.ts';
import type { ReceivedUpload, UploadAnswer, UploadCall } from './core/recording.ts';
import { Forwarding } from './delivery/forward.ts';
import { destinationType } from './destinations/index.ts';
import type { NotReady, Recordings } from './http/ports.ts';
import { decisionFeed } from './observe/feed.ts';
import { createLog } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { FLIGHT_LIMITS } from './outbox/flights.ts';
import { Said } from './outbox/said.ts';
import { labelsOf, publicSide } from './publicSide.ts';
import { RECORDING_FORMATS } from './recording/index.ts';
import { clock, random } from './surroundings.ts';
import { redirected } from './trial/trial.ts';
import { OutboxClient } from './workers/client.ts';
import { Homes } from './workers/homes.ts';
import { failureOf } from './workers/protocol.ts';
import type { Asked, Config, FromWorker, Start, ToWorker } from './workers/protocol.ts';

/** The same snapshot as the owner's. Throws if it is another: events must not be judged by two. */
function snapshotOf({ source, digest }: Config, { redirection }: Start): Snapshot {
  const result = loadSource(source);
  if (!result.ok || result.snapshot.digest !== digest)
    throw new GatewayError('config_invalid', 'a worker cannot load what the gateway runs on');
  return redirection === null ? result.snapshot : redirected(result.snapshot, redirection);
}

/** An upload that another worker read. It is read again: what was made of it does not survive the way between threads. */
function reopened(received: ReceivedUpload): UploadCall {
  const format = RECORDING_FORMATS.find(({ name }) => name === received.format);
  if (format === undefined) throw new TypeError('another worker took a format that this one does not know');
  return { received, format, upload: format.open(received.body) };
}

type Post = (message: FromWorker, transfer?: readonly ArrayBuffer[]) => void;

/** Each page visit is known to one worker alone. Its uploads are judged there, too: that it was refused once is known there. */
function visitHomes({ seat, among }: Start, post: Post) {
  const taking: { here: Recordings['take'] | null } = { here: null };
  const homes = new Homes<ReceivedUpload, UploadAnswer>({
    seat,
    among,
    post,
    async work(received) {
      if (taking.here === null) throw new TypeError('a worker was handed work before it was made');
      return taking.here(reopened(received));
    },
  });
  const spread = (here: Recordings['take']): Recordings['take'] => {
    taking.here = here;
    return (call) => {
      const key = `${call.format.name} ${call.upload.session}`;
      return homes.isHere(key) ? here(call) : homes.hand(key, call.received);
    };
  };
  return { homes, spread };
}

function partsOf(start: Start, post: Post) {
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
  const { homes, spread } = visitHomes(start, post);
  const listener = publicSide({
    snapshot,
    outbox,
    saidSince: (subjects) => said.standingOf(subjects),
    forward,
    spread,
    metrics,
    feed,
    log,
    readiness: () => outbox.ready<readonly NotReady[]>(),
    trial: start.redirection !== null,
    binding: { port: start.port, among },
  });
  return { current, said, outbox, observed, feed, forward, homes, listener };
}

if (parentPort === null) throw new TypeError('this module is started as a thread');
const port = parentPort;
const start = workerData as Start; // as pool.ts gives it
const post: Post = (message, transfer = []) => port.postMessage(message, transfer);
const { current, said, outbox, observed, feed, forward, homes, listener } = partsOf(start, post);

/** Lets end what came in here, and what others handed over. */
async function close(deadlineMs: number): Promise<void> {
  const deadline = pause(deadlineMs, undefined, { ref: false });
  await Promise.all([listener.close(deadlineMs), Promise.race([homes.idle(), deadline])]);
}

/** Nothing else keeps the thread but what it waits for. */
function end(): void {
  homes.close();
  void forward.close().finally(() => port.close());
}

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
    case 'work':
      return homes.serve(message.number, message.work);
    case 'handled':
      return homes.answered(message.call, message.handled);
    case 'listen':
      return void listener.listen().then(() => post({ kind: 'listening' }), fail);
    case 'stop':
      return void close(message.deadlineMs).then(end, end);
  }
});
post({ kind: 'loaded' });
