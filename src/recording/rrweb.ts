// Recordings of rrweb, the open format behind several recorders, in an envelope of our own: a POST of JSON, plain or gzip, of
// `session`, `visit` and `sequence`, the address of the `page`, and the recorder's `events`, unpacked; `anonymousId`, `writeKey` and
// `last` besides, if the page has them. Taken: 204. Refused, now or earlier in this visit: 200 and `{"ended":true}`, upon which the
// page has to stop recording. 5xx: the same upload may be sent once more, under the same sequence.

import type { Identifier } from '../core/event.ts';
import { identifierName } from '../core/identifiers.ts';
import type {
  CleanedUpload,
  RecordingFormat,
  RecordingRules,
  RecordingUpload,
  VisitMemory,
} from '../core/recording.ts';
import { cleaningFor } from './cleaning.ts';
import { released } from './gate.ts';
import type { Envelope } from './rrweb/envelope.ts';
import { readEnvelope } from './rrweb/envelope.ts';
import { cleanEvents, pageOf, timeOf } from './rrweb/events.ts';
import { RrwebVisit } from './rrweb/visit.ts';

/** A snapshot of a large page with its style sheets has some 2 MB. */
const BODY_BYTES = 8 * 1024 * 1024;

const ANONYMOUS = 'site.anonymous_id';
const SESSION = 'site.session_id';

export const rrweb: RecordingFormat = {
  name: 'rrweb',
  // The page makes these ids up itself.
  system: 'site',
  routes: [{ method: 'POST', path: '/v1/recordings' }],
  bodyBytes: BODY_BYTES,
  ended: { type: 'application/json', text: '{"ended":true}' },
  open: (bytes) => new RrwebUpload(readEnvelope(bytes)),
  begin: () => RrwebVisit.begin(),
  unseen: () => RrwebVisit.unseen(),
};

const id = (kind: string, value: string): Identifier => ({ system: 'site', kind, value, source: 'protocol' });

/** From the first event to the last, whatever their order. */
function durationOf(events: readonly unknown[]): number {
  let [first, last] = [Infinity, -Infinity];
  for (const event of events) {
    const time = timeOf(event);
    if (time === null) continue;
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  return Math.max(0, last - first);
}

/** The recorder names the page with each snapshot: one that the envelope does not name may be a sensitive one. */
function otherPage({ events, page }: Envelope): string | null {
  for (const event of events) {
    const href = pageOf(event);
    if (href !== null && href !== page) return href;
  }
  return null;
}

class RrwebUpload implements RecordingUpload {
  readonly hints: RecordingUpload['hints'];
  readonly project = null;
  readonly visit: string;
  readonly session: string;
  readonly sequence: number;
  readonly last: boolean;
  readonly page: string;
  readonly referrer: string | null;
  readonly durationMs: number;
  readonly ids: readonly Identifier[];
  readonly #envelope: Envelope;

  constructor(envelope: Envelope) {
    const { writeKey, anonymousId, session, visit, events } = envelope;
    this.#envelope = envelope;
    this.hints = { writeKeys: writeKey === null ? [] : [writeKey], tags: [] };
    this.session = session;
    // No session has a space in it.
    this.visit = `${session} ${visit}`;
    this.sequence = envelope.sequence;
    this.last = envelope.last;
    this.page = envelope.page;
    this.referrer = otherPage(envelope);
    this.durationMs = durationOf(events);
    this.ids = [
      ...(anonymousId === null ? [] : [id('anonymous_id', anonymousId)]),
      id('session_id', session),
    ];
  }

  clean(rules: RecordingRules, memory: VisitMemory): CleanedUpload {
    if (!(memory instanceof RrwebVisit)) throw new TypeError('memory of another format');
    const { anonymousId, session, visit, sequence, last, page, events } = this.#envelope;
    const ids = this.ids.map((each) => [identifierName(each), each.value] as const);
    const cleaning = cleaningFor(rules, { own: 'site', ids: [...ids, [SESSION, visit]] });
    memory.begins(sequence);
    memory.tree.effort.renew();
    const body = JSON.stringify({
      recording: {
        ...(anonymousId === null ? {} : { anonymousId: rules.pseudonym(ANONYMOUS, anonymousId) }),
        session: rules.pseudonym(SESSION, session),
        // Within its session, as a session within its visitor.
        visit: rules.pseudonym(SESSION, `${session}/${visit}`),
        sequence,
        last,
        page: cleaning.url(page),
        events: cleanEvents(events, { cleaning, memory, page }),
      },
    });
    return released(body, cleaning);
  }
}
