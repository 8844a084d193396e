// gtag.js with `server_container_url`: the query holds what all events of a hit share, each line of the body one event, and the
// line wins. Always answered without a body, so that no tagging server's instruction can ride back.

import { GatewayError } from '../core/errors.ts';
import type { IntakeProtocol, IntakeRequest, Opened, Rejected } from '../core/plugin.ts';
import { copied } from '../core/recent.ts';
import { NO_CONTENT } from './answer.ts';
import { GTAG_WIRE, gtagEvent } from './gtag/hit.ts';
import { parsePairs } from './query.ts';
import type { Pairs } from './query.ts';
import { bodyText, checkShared, refusal } from './read.ts';
import type { Fault, Read } from './read.ts';
import { surroundings } from './surroundings.ts';
import { text } from './value.ts';

const NO_NAME: Fault = { code: 'invalid_event', message: 'a hit needs `en`, the name of what happened' };

const named = (pairs: Pairs): Read<Pairs> =>
  text(pairs.get('en')) === null ? { fault: NO_NAME } : { value: pairs };

/** One line merged over what all share. */
function readLine(line: string, shared: Pairs, { limits }: IntakeRequest): Read<Pairs> {
  if (line.length > limits.eventBytes)
    return { fault: { code: 'event_too_large', message: `larger than ${limits.eventBytes} bytes` } };
  try {
    const own = parsePairs(line, limits);
    if (shared.size === 0) return named(own);
    const pairs = new Map(shared);
    for (const [name, value] of own) pairs.set(name, value);
    return named(pairs);
  } catch (error) {
    if (error instanceof GatewayError) return { fault: { code: error.code, message: error.message } };
    throw error;
  }
}

/** Lines with something in them. As many blank ones may stand between them, so that a body of nothing else is not taken apart. */
function linesOf(request: IntakeRequest): readonly string[] {
  if (request.method !== 'POST' || request.body.length === 0) return [];
  const { limits } = request;
  const most = 2 * limits.batchEvents;
  const all = bodyText(request.body).split(/\r?\n/, most + 1);
  const lines = all.filter((line) => line.trim() !== '');
  if (all.length > most || lines.length > limits.batchEvents)
    throw new GatewayError('body_too_large', `a hit holds at most ${limits.batchEvents} events`);
  checkShared(request.query.length, lines.length, limits);
  return lines.map(copied); // what is kept of an event must not keep the whole body
}

function open(request: IntakeRequest): Opened {
  const shared = parsePairs(request.query, request.limits);
  const lines = linesOf(request);
  const readings =
    lines.length === 0 ? [named(shared)] : lines.map((line) => readLine(line, shared, request));
  const hits: Pairs[] = [];
  const rejected: Rejected[] = [];
  for (const [index, reading] of readings.entries())
    if ('fault' in reading) rejected.push({ index, ...reading.fault });
    else hits.push(reading.value);
  const first = rejected[0];
  if (hits.length === 0 && first !== undefined) throw refusal(first);
  return {
    hints: {
      writeKeys: [],
      tags: [...new Set(hits.map((hit) => text(hit.get('tid'))).filter((tag) => tag !== null))],
    },
    read(context) {
      const around = surroundings(request, context);
      return { events: hits.map((hit) => gtagEvent(hit, around)), rejected };
    },
  };
}

export const gtag: IntakeProtocol = {
  name: 'gtag',
  routes: [
    { method: 'GET', path: '/g/collect' },
    { method: 'POST', path: '/g/collect' },
  ],
  wireFields: GTAG_WIRE,
  open,
  answer: () => NO_CONTENT,
  documents: [],
};
