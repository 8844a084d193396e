// A recording format of the tests' own: JSON with the same parts that a real one has, so that each test says only what it is about.
// It is routed to destinations of type `clarity`.

import { GatewayError } from '../../src/core/errors.ts';
import type { RecordingFormat, RecordingRules, RecordingUpload } from '../../src/core/recording.ts';

export interface ReplayBody {
  readonly project?: string;
  readonly user?: string;
  readonly session?: string;
  readonly pageNumber?: number;
  readonly sequence?: number;
  readonly last?: boolean;
  readonly page?: string | null;
  readonly referrer?: string;
  readonly otherPages?: readonly string[];
  readonly durationMs?: number;
  /** Words of the page; masked where the beginning of the visit is not known. */
  readonly words?: readonly string[];
  /** Something was typed. */
  readonly typed?: boolean;
  /** What the recorder itself says of consent. */
  readonly consent?: Readonly<Record<string, boolean>>;
  /** `throw`: the cleaner fails; `refuse`: by an expected error. */
  readonly fault?: 'throw' | 'refuse';
}

/** What is remembered of a visit: whether its beginning is known, and the words of its page. */
interface Weighed {
  readonly begun: boolean;
  /** By sequence: the same upload may come twice. */
  readonly words: Map<number, readonly string[]>;
  bytes: number;
  typed: boolean;
}

const memory = (begun: boolean): Weighed => ({ begun, words: new Map(), bytes: 100, typed: !begun });

/** What stands in the body that leaves. */
export interface ReplaySent {
  readonly user: string;
  readonly session: string;
  readonly sequence: number;
  /** All words of the page so far, in the order in which they came. */
  readonly words: readonly string[];
  readonly text: RecordingRules['text'];
  readonly agent: boolean;
}

function cleaned(body: ReplayBody, rules: RecordingRules, visit: Weighed): ReplaySent | null {
  const said = (body.words ?? []).map((word) => (visit.begun ? word : '•'.repeat(word.length)));
  visit.words.set(body.sequence ?? 1, said);
  const words = [...visit.words.values()].flat();
  visit.bytes = 100 + words.join('').length;
  visit.typed ||= body.typed === true;
  const sent = {
    user: rules.pseudonym('clarity.user_id', body.user ?? 'lrr4fn'),
    session: rules.pseudonym('clarity.session_id', body.session ?? '2sfkfr'),
    sequence: body.sequence ?? 1,
    words,
    text: rules.text,
    agent: rules.userAgent,
  };
  const text = JSON.stringify(sent);
  return rules.known.some(([, value]) => text.includes(value)) ? null : sent;
}

function uploadOf(body: ReplayBody): RecordingUpload {
  const { project = 'abcdefghij', user = 'lrr4fn', session = '2sfkfr', pageNumber = 1 } = body;
  return {
    hints: { writeKeys: [], tags: [project] },
    project,
    visit: JSON.stringify([project, user, session, pageNumber]),
    session: JSON.stringify([project, user, session]),
    sequence: body.sequence ?? 1,
    last: body.last ?? false,
    page: body.page === undefined ? 'https://shop.example/boots' : body.page,
    referrer: body.referrer ?? null,
    otherPages: body.otherPages ?? [],
    durationMs: body.durationMs ?? 500,
    ids: [
      { system: 'clarity', kind: 'user_id', value: user, source: 'protocol' },
      { system: 'clarity', kind: 'session_id', value: session, source: 'protocol' },
    ],
    clean(rules, visit) {
      if (body.fault === 'throw') throw new TypeError(`cannot clean ${body.words?.join() ?? ''}`);
      if (body.fault === 'refuse') throw new GatewayError('unreadable_body', 'the page cannot be read');
      const sent = cleaned(body, rules, visit as Weighed); // as `begin` and `unseen` make it
      return {
        body: sent === null ? null : JSON.stringify(sent),
        remarks: [
          { path: 'recording.text', rule: 'personal_data', treatment: 'replace' },
          { path: 'ids.clarity.user_id', rule: 'kind_default', treatment: 'keep' },
        ],
      };
    },
  };
}

export const replay: RecordingFormat = {
  name: 'clarity',
  system: 'clarity',
  routes: [{ method: 'POST', path: '/clarity/collect' }],
  bodyBytes: 100_000,
  open(bytes) {
    try {
      return uploadOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as ReplayBody); // tests write it
    } catch {
      throw new GatewayError('unreadable_body', 'the body is no upload');
    }
  },
  begin: () => memory(true),
  unseen: () => memory(false),
};
