// The Segment HTTP tracking API, which is also RudderStack's and the gateway's own: single calls, batches, the documents browser
// clients ask for. Of a batch the good calls are kept and the bad are named; a single bad call is refused.

import { GatewayError } from '../core/errors.ts';
import type { EventType } from '../core/event.ts';
import type { IntakeProtocol, IntakeRequest, IntakeRoute, Opened, Rejected } from '../core/plugin.ts';
import { json } from './answer.ts';
import { readInstant } from './clock.ts';
import { consentPairs, parsePairs } from './query.ts';
import { checkShared, cleanEvent, parseObject, refusal } from './read.ts';
import type { Parsed } from './read.ts';
import { rudderStackSource, segmentSettings } from './segment/documents.ts';
import { segmentEvent } from './segment/event.ts';
import { writeKeys } from './segment/keys.ts';
import { NOTHING_SHARED, readMessage } from './segment/message.ts';
import type { Message, Shared } from './segment/message.ts';
import { surroundings } from './surroundings.ts';
import { object } from './value.ts';

const CALLS: ReadonlyMap<string, EventType | 'batch'> = new Map([
  ['/v1/track', 'track'],
  ['/v1/page', 'page'],
  ['/v1/screen', 'screen'],
  ['/v1/identify', 'identify'],
  ['/v1/group', 'group'],
  ['/v1/alias', 'alias'],
  ['/v1/batch', 'batch'],
  ['/v1/t', 'track'],
  ['/v1/p', 'page'],
  ['/v1/s', 'screen'],
  ['/v1/i', 'identify'],
  ['/v1/g', 'group'],
  ['/v1/a', 'alias'],
  ['/v1/b', 'batch'],
  ['/beacon/v1/batch', 'batch'],
]);

/** What the requests' bodies hold. */
interface Calls {
  readonly messages: readonly Message[];
  readonly rejected: readonly Rejected[];
  /** `writeKey` wherever it stands. */
  readonly keys: readonly unknown[];
  readonly sentAt: unknown;
}

function openSingle(request: IntakeRequest, type: EventType): Calls {
  const { fields: body, escapes } = parseObject(request.body);
  const cleaned = cleanEvent(body, request.limits, escapes);
  if ('fault' in cleaned) throw refusal(cleaned.fault);
  const message = readMessage(cleaned.value, type, NOTHING_SHARED);
  if ('fault' in message) throw refusal(message.fault);
  return { messages: [message.value], rejected: [], keys: [body['writeKey']], sentAt: body['sentAt'] };
}

function openShared({ fields, escapes }: Parsed, calls: number, { limits }: IntakeRequest): Shared {
  const { context, integrations } = fields;
  const cleaned = cleanEvent({ context, integrations }, limits, escapes);
  if ('fault' in cleaned) throw refusal(cleaned.fault);
  checkShared(Buffer.byteLength(JSON.stringify(cleaned.value)), calls, limits);
  return { context: object(cleaned.value['context']), integrations: object(cleaned.value['integrations']) };
}

function openBatch(request: IntakeRequest): Calls {
  const parsed = parseObject(request.body);
  const { fields: body, escapes } = parsed;
  const batch: unknown = body['batch'];
  if (!Array.isArray(batch))
    throw new GatewayError('unreadable_body', 'a batch needs `batch`, an array of calls');
  if (batch.length > request.limits.batchEvents)
    throw new GatewayError('body_too_large', `a batch holds at most ${request.limits.batchEvents} calls`);
  const shared = openShared(parsed, batch.length, request);
  const messages: Message[] = [];
  const rejected: Rejected[] = [];
  const keys: unknown[] = [body['writeKey']];
  for (const [index, entry] of batch.entries()) {
    const cleaned = cleanEvent(entry, request.limits, escapes);
    const message = 'fault' in cleaned ? cleaned : readMessage(cleaned.value, null, shared);
    if ('fault' in message) rejected.push({ index, ...message.fault });
    else {
      messages.push(message.value);
      keys.push(message.value.fields['writeKey']);
    }
  }
  return { messages, rejected, keys, sentAt: body['sentAt'] };
}

function open(request: IntakeRequest): Opened {
  const call = CALLS.get(request.path);
  if (call === undefined) throw new GatewayError('not_found', 'no call of this API has this path');
  const { messages, rejected, keys, sentAt } =
    call === 'batch' ? openBatch(request) : openSingle(request, call);
  const pairs = parsePairs(request.query, request.limits);
  const query = consentPairs(pairs);
  return {
    hints: { writeKeys: writeKeys(request, pairs, keys), tags: [] },
    read(context) {
      const around = surroundings(request, context);
      const envelope = {
        around,
        sentAt: readInstant(sentAt) ?? readInstant(request.headers['sentat']),
        query,
      };
      return { events: messages.map((message) => segmentEvent(message, envelope)), rejected };
    },
  };
}

const SUCCESS = json({ success: true });

const answer: IntakeProtocol['answer'] = ({ accepted, rejected, request }) =>
  CALLS.get(request.path) === 'batch' ? json({ success: true, accepted, rejected }) : SUCCESS;

export const segment: IntakeProtocol = {
  name: 'segment',
  routes: [...CALLS.keys()].map((path): IntakeRoute => ({ method: 'POST', path })),
  wireFields: {},
  open,
  answer,
  documents: [segmentSettings, ...rudderStackSource],
};
