// Uploads of Microsoft Clarity's client: read, cleaned by the table of its events, and put together again in the same order.
// What the client masked stays as it is; an upload in which nothing has to be changed leaves byte for byte.

import type { Identifier } from '../core/event.ts';
import { identifierName } from '../core/identifiers.ts';
import type {
  CleanedUpload,
  RecordingFormat,
  RecordingRules,
  RecordingUpload,
  VisitMemory,
} from '../core/recording.ts';
import type { Envelope } from './clarity/envelope.ts';
import { cleanEnvelope, readEnvelope } from './clarity/envelope.ts';
import type { EventType } from './clarity/events.ts';
import { typeOf } from './clarity/events.ts';
import type { Here } from './clarity/fields.ts';
import { HEAD } from './clarity/fields.ts';
import type { Body, Events } from './clarity/read.ts';
import { readBody } from './clarity/read.ts';
import { cleaningFor } from './cleaning.ts';
import { released } from './gate.ts';
import { PageVisit } from './page/visit.ts';

/** The client sends a first upload of 1 MiB at most, and gives up a page visit beyond 10 MiB in all. */
const BODY_BYTES = 8 * 1024 * 1024;

export const clarity: RecordingFormat = {
  name: 'clarity',
  system: 'clarity',
  routes: [{ method: 'POST', path: '/clarity/collect' }],
  bodyBytes: BODY_BYTES,
  open: (bytes) => {
    const body = readBody(bytes);
    return new ClarityUpload(body, readEnvelope(body.envelope));
  },
  begin: () => PageVisit.begin(),
  unseen: () => PageVisit.unseen(),
};

const id = (kind: string, value: string): Identifier => ({
  system: 'clarity',
  kind,
  value,
  source: 'protocol',
});

const DIMENSION = 1;
const URL_DIMENSION = 1;
const REFERRER_DIMENSION = 2;

/** The values of a dimension, in their order. */
function dimensionIn(events: Events, dimension: number): readonly string[] {
  const told: string[] = [];
  for (const event of events) {
    if (event[1] !== DIMENSION) continue;
    for (let i = HEAD; i + 1 < event.length; i += 2) {
      const values: unknown = event[i] === dimension ? event[i + 1] : null;
      if (Array.isArray(values)) for (const value of values) if (typeof value === 'string') told.push(value);
    }
  }
  return told;
}

class ClarityUpload implements RecordingUpload {
  readonly hints: RecordingUpload['hints'];
  readonly project: string;
  readonly visit: string;
  readonly session: string;
  readonly sequence: number;
  readonly last: boolean;
  readonly page: string | null;
  readonly referrer: string | null;
  readonly otherPages: readonly string[];
  readonly durationMs: number;
  readonly ids: readonly Identifier[];
  readonly #body: Body;
  readonly #envelope: Envelope;

  constructor(body: Body, envelope: Envelope) {
    const { project, user, session, pageNumber } = envelope;
    this.#body = body;
    this.#envelope = envelope;
    this.hints = { writeKeys: [], tags: [project] };
    this.project = project;
    // None of them has a full stop in it.
    this.session = `${project}.${user}.${session}`;
    this.visit = `${this.session}.${pageNumber}`;
    this.sequence = envelope.sequence;
    this.last = envelope.last;
    // Older versions have it among the dimensions only; the last upload before a change of route has the old page there, and no more.
    this.otherPages = dimensionIn(body.analysis, URL_DIMENSION);
    this.page = envelope.url ?? this.otherPages[0] ?? null;
    this.referrer = dimensionIn(body.analysis, REFERRER_DIMENSION)[0] ?? null;
    this.durationMs = envelope.durationMs;
    this.ids = [id('user_id', user), id('session_id', session)];
  }

  clean(rules: RecordingRules, memory: VisitMemory): CleanedUpload {
    if (!(memory instanceof PageVisit)) throw new TypeError('memory of another format');
    memory.effort.renew();
    const ids = this.ids.map((each) => [identifierName(each), each.value] as const);
    const cleaning = cleaningFor(rules, { own: 'clarity', ids });
    const here: Here = { cleaning, visit: memory, page: this.page };
    const { envelope, analysis, playback } = this.#body;
    const cleaned = cleanEvents(analysis, playback ?? [], here);
    const body = JSON.stringify({
      e: cleanEnvelope(envelope, this.#envelope, cleaning),
      a: cleaned.analysis,
      ...(playback === null ? {} : { p: cleaned.playback }),
    });
    return released(body, cleaning);
  }
}

interface Timed {
  readonly at: number;
  readonly index: number;
  readonly event: readonly unknown[];
  readonly type: EventType;
}

type Cleaned = readonly unknown[] | null;

const timeOf = (event: readonly unknown[]): number => (typeof event[0] === 'number' ? event[0] : 0);

/** Events that the tree hears of or is asked for, by their time. */
function waiting(events: Events, which: 'touches' | 'reads'): Timed[] {
  const timed: Timed[] = [];
  for (const [index, event] of events.entries()) {
    const type = typeOf(event, 'analysis');
    if (type?.[which] === true) timed.push({ at: timeOf(event), index, event, type });
  }
  return timed.sort((one, other) => one.at - other.at);
}

/**
 * Playback changes the tree in its own order. Before each change the tree hears of every node that was used up to then, and of
 * what happened before it what has to ask the tree is cleaned.
 */
function cleanEvents(
  analysis: Events,
  playback: Events,
  here: Here,
): { readonly analysis: Events; readonly playback: Events } {
  const touches = waiting(analysis, 'touches');
  const asking = waiting(analysis, 'reads');
  const answers = new Map<number, Cleaned>();
  let [touched, asked] = [0, 0];
  const upTo = (at: number): void => {
    for (let next = touches[touched]; next !== undefined && next.at <= at; next = touches[++touched])
      if (typeof next.event[HEAD] === 'number') here.visit.touched(next.event[HEAD], next.at);
    for (let next = asking[asked]; next !== undefined && next.at < at; next = asking[++asked])
      answers.set(next.index, next.type.clean(next.event, here));
  };
  const played = playback.map((event) => {
    const type = typeOf(event, 'playback');
    if (type?.isDom === true) upTo(timeOf(event));
    return type === null ? null : type.clean(event, here);
  });
  upTo(Infinity);
  const analysed = analysis.map((event, index) => {
    const answer = answers.get(index);
    return answer === undefined ? (typeOf(event, 'analysis')?.clean(event, here) ?? null) : answer;
  });
  return { analysis: kept(analysed, here), playback: kept(played, here) };
}

function kept(events: readonly Cleaned[], { cleaning }: Here): Events {
  const all = events.filter((event) => event !== null);
  if (all.length < events.length) cleaning.remarks.add('recording.events', 'default_deny', 'strip');
  return all;
}
