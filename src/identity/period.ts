// Which period a pseudonym belongs to. Periods are counted so that no session sees its visitor's pseudonym change: the instant
// that decides is the start of the session where the event tells it, and an id that embeds its own start counts from there.

import type { Identifier, ReceivedEvent } from '../core/event.ts';
import { identifierKind, identifierName } from '../core/identifiers.ts';

/** Seconds since the epoch between 2005 and 2100. */
const SECONDS = /^[1-3]\d{9}$/;
const EARLIEST_MS = Date.UTC(2005, 0);

/** The instant an id embeds, in ms, or null: GA's client id ends in its first second, a session id is its first second. */
export function embeddedStart(name: string, value: string): number | null {
  const seconds = name === 'ga.client_id' ? /^\d+\.(\d{10})$/.exec(value)?.[1] : value;
  if (seconds === undefined) return null;
  if (name !== 'ga.client_id' && identifierKind(name)?.role !== 'session') return null;
  const ms = SECONDS.test(seconds) ? Number(seconds) * 1000 : /^1\d{12}$/.test(seconds) ? Number(seconds) : 0;
  return ms >= EARLIEST_MS ? ms : null;
}

/** How far a session's own start may lie from the event before it is no longer believed. */
const MAX_SESSION_MS = 2 * 86_400_000;

/** What of an event, or of an upload of a recording, tells when its session began. */
type Dated = Pick<ReceivedEvent, 'ids' | 'occurredAt'>;

/** The start of the event's session, or the event's own time where no session tells it. */
function anchor(event: Dated): number {
  for (const id of event.ids) {
    if (id.system !== 'ga' && id.system !== 'site') continue;
    const name = identifierName(id);
    if (identifierKind(name)?.role !== 'session') continue;
    const start = embeddedStart(name, id.value);
    if (start !== null && Math.abs(event.occurredAt - start) <= MAX_SESSION_MS) return start;
  }
  return event.occurredAt;
}

/**
 * Labels the period of each identifier of an event:
 * 1. a session id that embeds its start belongs to the calendar period of that start, for all its life;
 * 2. a visitor id that embeds its start counts periods from there: `o0`, `o1`, … (`o` for its own count);
 * 3. any other id belongs to the calendar period of the session's start, or of the event where there is none: `c20`.
 */
export function periodsOf(event: Dated, periodMs: number): (id: Identifier) => string {
  const at = anchor(event);
  return (id) => {
    const name = identifierName(id);
    const start = embeddedStart(name, id.value);
    if (start === null) return `c${Math.floor(at / periodMs)}`;
    if (identifierKind(name)?.role === 'session') return `c${Math.floor(start / periodMs)}`;
    return `o${Math.max(0, Math.floor((at - start) / periodMs))}`;
  };
}
