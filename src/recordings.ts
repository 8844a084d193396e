// What happens to an upload of a session recording: judged, told, cleaned and passed on while its client waits. Nothing of it is kept
// but what its visit needs to have the next one cleaned. A visit that was refused once stays refused.

import { GatewayError } from './core/errors.ts';
import type {
  Clock,
  DecisionFeed,
  Forward,
  Forwarded,
  ForwardRequest,
  Log,
  Metrics,
  Random,
} from './core/ports.ts';
import { END } from './core/recording.ts';
import type { UploadAnswer, UploadCall } from './core/recording.ts';
import type { PipelineContext } from './pipeline.ts';
import { rejudge } from './rejudge.ts';
import { judgeUpload, mayNameNextPage, newTerms, refusedFor, treatUpload } from './recordingPipeline.ts';
import type { JudgedUpload, TreatedUpload } from './recordingPipeline.ts';
import type { Visit, Visits } from './visits.ts';

export interface RecordingPorts {
  /** Everything the pipeline needs but the clock, under the snapshot in force. */
  context(): Omit<PipelineContext, 'now'>;
  readonly visits: Visits;
  readonly forward: Forward;
  readonly metrics: Metrics;
  readonly feed: DecisionFeed;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where in our own source an error was thrown. */
  readonly placeOf: (error: unknown) => string;
}

/** Nobody reads what a beacon is answered. */
const NOTHING: UploadAnswer = { status: 204, text: '' };

const endOf = ({ upload }: UploadCall): UploadAnswer => (upload.last ? NOTHING : END);

/** What is to be passed on, and what is left to be known of it once it is: the upload itself is not needed any more. */
interface Prepared {
  readonly outgoing: ForwardRequest;
  readonly key: string;
  readonly end: UploadAnswer;
  /** Was it not permitted any more when it was about to go out? */
  readonly withheld: () => boolean;
}

/**
 * Takes one upload. All up to the request to the vendor happens at once, so uploads of one visit are cleaned one after the other, in
 * the order in which they came in. Throws `unknown_project`, `unknown_site`, and `vendor_unavailable` for what the client may send again.
 */
export function takeUpload(call: UploadCall, ports: RecordingPorts): Promise<UploadAnswer> {
  const prepared = prepare(call, ports);
  return prepared === null ? Promise.resolve(endOf(call)) : passOn(prepared, ports);
}

/** Null: nothing of it leaves, and its visit has ended. */
function prepare(call: UploadCall, ports: RecordingPorts): Prepared | null {
  const { visits } = ports;
  const context: PipelineContext = { ...ports.context(), now: ports.clock.now() };
  const { received, format, upload } = call;
  const key = visits.keyOf(received.site, format.name, upload.visit);
  const judged = judgeUpload(call, context);
  for (const signal of judged.signals) ports.metrics.consentSignal(signal.format, signal.result);
  const treated = treat(judged, key, { context, ports });
  if (treated === null) return null;
  tell(judged, treated, ports);
  if (treated.outgoing === null) endVisit(key, ports);
  else if (upload.last) visits.forget(key);
  ports.metrics.visitsHeld(visits.count, visits.bytes);
  return (
    treated.outgoing && { ...rechecked(treated.outgoing, { judged, key, ports }), key, end: endOf(call) }
  );
}

/** As events that were queued: judged again just before it goes out, on the consent of then and all that was said since. */
function rechecked(
  outgoing: ForwardRequest,
  {
    judged,
    key,
    ports,
  }: { readonly judged: JudgedUpload; readonly key: string; readonly ports: RecordingPorts },
): Pick<Prepared, 'outgoing' | 'withheld'> {
  const { facts, subjects } = judged; // and nothing else of it: a request may wait for seconds
  const destination = outgoing.destination.name;
  let withheld = false;
  const permitted = (): boolean => {
    const context = { ...ports.context(), now: ports.clock.now() };
    const standing = context.saidSince(subjects);
    const { verdict } = rejudge({ facts, destination, standing }, context);
    withheld = verdict !== 'forward' || ports.visits.isRefused(key);
    return !withheld;
  };
  return { outgoing: { ...outgoing, permitted }, withheld: () => withheld };
}

const sessionOf = ({ received, format, upload }: UploadCall, visits: Visits): string =>
  visits.keyOf(received.site, format.name, upload.session);

function endVisit(key: string, { visits, metrics }: RecordingPorts): void {
  visits.refuse(key);
  metrics.visitsHeld(visits.count, visits.bytes);
}

interface Treating {
  readonly context: PipelineContext;
  readonly ports: RecordingPorts;
}

/** Null: the cleaner failed, so what it remembers of the visit is worth nothing and the visit ends. */
function treat(judged: JudgedUpload, key: string, { context, ports }: Treating): TreatedUpload | null {
  const { visits } = ports;
  const { decision, call } = judged;
  if (decision.verdict !== 'forward') return { decision, remarks: [], outgoing: null };
  if (visits.isRefused(key))
    return { decision: refusedFor(decision, 'visit_refused'), remarks: [], outgoing: null };
  if (visits.get(key) === undefined && mayNameNextPage(judged))
    return { decision: refusedFor(decision, 'sensitive_page'), remarks: [], outgoing: null };
  try {
    const visit = visitOf(judged, key, { context, ports });
    const treated = treatUpload(judged, visit, context);
    visits.keep(key, { ...visit, upTo: Math.max(visit.upTo, call.upload.sequence) });
    if (visit.memory.typed) visits.typed(sessionOf(call, visits));
    return treated;
  } catch (error) {
    endVisit(key, ports);
    const { site, format } = call.received;
    const expected = error instanceof GatewayError;
    ports.metrics.rejected(site, format, expected ? error.code : 'internal', 1);
    const name = error instanceof Error ? error.name : typeof error;
    if (!expected) ports.log.error('internal', { intake: format, error: name, at: ports.placeOf(error) });
    return null;
  }
}

/**
 * The visit as it is known, or one that begins. Where an upload is missing in between, a field may have become one that is typed into:
 * what was known counts no more. A reload may have given the project to another destination, which gets nothing of it either.
 */
function visitOf(judged: JudgedUpload, key: string, { context, ports }: Treating): Visit {
  const destination = judged.destination.name;
  const { format, upload } = judged.call;
  const known = ports.visits.get(key);
  if (known?.destination === destination)
    return upload.sequence <= known.upTo + 1 ? known : { ...known, memory: format.unseen(), upTo: Infinity };
  const upTo = upload.sequence === 1 ? 1 : Infinity;
  const salt = Buffer.from(ports.random.bytes(16)).toString('base64url');
  const { periodMs } = context.snapshot.pseudonyms;
  const afterTyping = ports.visits.isTyped(sessionOf(judged.call, ports.visits));
  return { ...newTerms(judged, { salt, periodMs, afterTyping }), destination, upTo };
}

/** Counts and shows what was decided, as for events. */
function tell(
  { call, site }: JudgedUpload,
  { decision, remarks }: TreatedUpload,
  ports: RecordingPorts,
): void {
  const { metrics, feed } = ports;
  const { destination } = decision;
  metrics.decided(destination, decision.verdict, decision.reasons[0]?.code ?? '');
  const at = call.received.receivedAt;
  feed.told({ at, site: site.name, intake: call.format.name, event: 'recording', decision, remarks });
  metrics.treated(destination, remarks);
}

/** Holds nothing of the upload but what goes out: a slow vendor must not keep its body in memory. */
async function passOn({ outgoing, ...left }: Prepared, ports: RecordingPorts): Promise<UploadAnswer> {
  const { name } = outgoing.destination;
  const forwarded = await ports.forward.send(outgoing);
  return answerTo(forwarded, { name, ...left }, ports);
}

function answerTo(
  forwarded: Forwarded,
  { name, key, end, withheld }: Omit<Prepared, 'outgoing'> & { readonly name: string },
  ports: RecordingPorts,
): UploadAnswer {
  const { metrics } = ports;
  switch (forwarded.kind) {
    case 'answered': {
      const { status, text } = forwarded;
      if (status >= 200 && status < 300) {
        metrics.delivered(name, 'delivered', 1);
        return end === NOTHING || text === '' ? NOTHING : { status: 200, text };
      }
      metrics.delivered(name, 'rejected', 1);
      endVisit(key, ports);
      return end;
    }
    case 'unavailable':
      // Nothing was taken: the client has it still, and sends it once more.
      throw new GatewayError('vendor_unavailable', 'the vendor cannot take recordings now', {
        retryAfter: forwarded.retryAfterS,
      });
    case 'ended':
      metrics.delivered(name, withheld() ? 'withheld' : 'dropped', 1);
      endVisit(key, ports);
      return end;
    default:
      return forwarded satisfies never;
  }
}
