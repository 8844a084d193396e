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

const isSession = (name: string): boolean => identifierKind(name)?.role === 'session';

/** Starts that the session ids of a visitor embed, in their order. */
function sessionStarts(ids: readonly Identifier[]): readonly number[] {
  const starts: number[] = [];
  for (const id of ids) {
    if (id.system !== 'ga' && id.system !== 'site') continue;
    const name = identifierName(id);
    const start = isSession(name) ? embeddedStart(name, id.value) : null;
    if (start !== null) starts.push(start);
  }
  return starts;
}

/** The start of the event's session, or the event's own time where no session tells it. */
function anchor(starts: readonly number[], occurredAt: number): number {
  for (const start of starts) if (Math.abs(occurredAt - start) <= MAX_SESSION_MS) return start;
  return occurredAt;
}

/** A label, and the anchors `from` to `until`, exclusive, under which it stays. */
interface Labelled {
  readonly label: string;
  readonly from: number;
  readonly until: number;
}

function labelled(id: Identifier, at: number, periodMs: number): Labelled {
  const name = identifierName(id);
  const start = embeddedStart(name, id.value);
  if (start !== null && isSession(name))
    return { label: `c${Math.floor(start / periodMs)}`, from: -Infinity, until: Infinity };
  if (start === null) {
    const count = Math.floor(at / periodMs);
    return { label: `c${count}`, from: count * periodMs, until: (count + 1) * periodMs };
  }
  // The first period has begun already before an id's own start.
  const count = Math.max(0, Math.floor((at - start) / periodMs));
  const from = count === 0 ? -Infinity : start + count * periodMs;
  return { label: `o${count}`, from, until: start + (count + 1) * periodMs };
}

/**
 * Labels the period of each identifier of an event:
 * 1. a session id that embeds its start belongs to the calendar period of that start, for all its life;
 * 2. a visitor id that embeds its start counts periods from there: `o0`, `o1`, … (`o` for its own count);
 * 3. any other id belongs to the calendar period of the session's start, or of the event where there is none: `c20`.
 */
export function periodsOf(event: Dated, periodMs: number): (id: Identifier) => string {
  const at = anchor(sessionStarts(event.ids), event.occurredAt);
  return (id) => labelled(id, at, periodMs).label;
}

/** The periods of the ids that a visitor brings along, and for which of their events they stay. */
export class Periods {
  readonly #periodMs: number;
  readonly #starts: readonly number[];
  readonly #labels: readonly Labelled[];

  constructor({ ids, occurredAt }: Dated, periodMs: number) {
    this.#periodMs = periodMs;
    this.#starts = sessionStarts(ids);
    const at = anchor(this.#starts, occurredAt);
    this.#labels = ids.map((id) => labelled(id, at, periodMs));
  }

  /** Of the id at this position. */
  at(position: number): string {
    return this.#labels[position]?.label ?? '';
  }

  /** Of an id that comes with one event alone. */
  of(id: Identifier, occurredAt: number): string {
    return labelled(id, anchor(this.#starts, occurredAt), this.#periodMs).label;
  }

  /** Has an event of the same visitor at this instant the same? */
  stayFor(occurredAt: number, periodMs: number): boolean {
    if (periodMs !== this.#periodMs) return false;
    const at = anchor(this.#starts, occurredAt);
    for (const { from, until } of this.#labels) if (at < from || at >= until) return false;
    return true;
  }
}
