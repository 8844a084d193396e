// Publishing until its fate is known: what is not answered is repeated under the same message id, by which the server tells a
// repetition. What comes to nothing before the deadline may have been kept.

import { setTimeout as pause } from 'node:timers/promises';
import type { JetStreamClient, PubAck } from '@nats-io/jetstream';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import { GatewayError } from '../../core/errors.ts';

/** For one answer; longer than an election takes a healthy cluster to notice. */
const ANSWER_MS = 2_000;
const PAUSE_MS = 100;
/**
 * Answers without a number, five seconds of them, after which the first of an id is taken for lost. nats-server 2.10 (seen on 2.10.27)
 * remembers an id when it is proposed: it answers so while the proposal waits for a majority, and where it is dropped because the
 * leader changes, for the whole window. After two seconds of it a majority that is slow keeps an event under both ids (test/store/natsStaged.long.ts),
 * of which its owner then drops one; more than five do not fit into the time that a client waits.
 */
const MOST_UNNUMBERED = 50;
/** Behind an id that was given up. */
const AGAIN = ' again';
const WRONG_LAST_SEQUENCE = 10_071;
/** Limits of the stream, of the account and of the server's disk: no room, whatever is tried. */
const NO_ROOM: ReadonlySet<number> = new Set([10_002, 10_023, 10_028, 10_047, 10_077]);

export interface Publication {
  readonly subject: string;
  readonly payload: string;
  /** By which a repetition is known; servers remember each for the whole window, some 160 bytes. */
  readonly id?: string;
  /** Sequence number of the last message of the subject, which must still be the last. */
  readonly after?: number;
  readonly headers?: MsgHdrs;
}

/** Somebody else wrote where only one may. */
export class Fenced extends Error {}

export interface Published {
  readonly seq: number;
  /** The server had a message of this id. */
  readonly known: boolean;
  /** More than one try was made, so that it may be our own. */
  readonly repeated: boolean;
}

/** Throws `Fenced`, `store_full`, or `store_unavailable`: then it may have been kept. */
export async function publish(
  js: Pick<JetStreamClient, 'publish'>,
  publication: Publication,
  withinMs: number,
): Promise<Published> {
  const { subject, payload, id, after, headers } = publication;
  const options = {
    timeout: ANSWER_MS,
    retries: 0,
    ...(headers === undefined ? {} : { headers }),
    ...(after === undefined ? {} : { expect: { lastSubjectSequence: after } }),
  };
  const late = AbortSignal.timeout(withinMs);
  let unnumbered = 0;
  for (let attempt = 0; ; attempt += 1) {
    let cause: unknown = null;
    try {
      const ack: PubAck = await js.publish(subject, payload, { ...options, ...idFor(id, unnumbered) });
      if (ack.seq > 0) return { seq: ack.seq, known: ack.duplicate, repeated: attempt > 0 };
      unnumbered += 1;
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== null) throw failure;
      cause = error;
    }
    if (late.aborted)
      throw new GatewayError('store_unavailable', 'the NATS servers of the store do not answer', {
        cause,
        retryAfter: 2,
      });
    await pause(PAUSE_MS);
  }
}

/** The same for everybody who gives an id up, so that they know each other's. */
function idFor(id: string | undefined, unnumbered: number): { msgID?: string } {
  if (id === undefined) return {};
  return { msgID: unnumbered < MOST_UNNUMBERED ? id : id + AGAIN };
}

/** What a message was published as, whether or not its id was given up. */
export const firstIdOf = (id: string): string => (id.endsWith(AGAIN) ? id.slice(0, -AGAIN.length) : id);

/** Null for what may pass. */
function failureOf(error: unknown): Error | null {
  if (!(error instanceof JetStreamApiError)) return null;
  if (error.code === WRONG_LAST_SEQUENCE) return new Fenced('another owner writes', { cause: error });
  if (!NO_ROOM.has(error.code)) return null;
  return new GatewayError('store_full', 'the stream is full; try again later', {
    cause: error,
    retryAfter: 5,
  });
}
