// Pages of tests: events as the recorder writes them, a visit that cleans what it is given, and what is left of it.

import type { RecordingRules } from '../../../src/core/recording.ts';
import { rrweb } from '../../../src/recording/rrweb.ts';

export const START = Date.UTC(2026, 10, 3, 9);
export const ORIGIN = 'https://shop.example';

export type Node = Readonly<Record<string, unknown>>;
export type Event = Readonly<Record<string, unknown>>;

export const text = (id: number, textContent: string): Node => ({ type: 3, textContent, id });
export const element = (
  id: number,
  tagName: string,
  attributes: Node = {},
  childNodes: readonly Node[] = [],
): Node => ({ type: 2, tagName, attributes, childNodes, id });

export const event = (type: number, data: unknown, at = 0): Event => ({ type, data, timestamp: START + at });
export const change = (source: number, data: Node, at = 0): Event => event(3, { source, ...data }, at);
export const mutation = (data: Node, at = 0): Event =>
  change(0, { texts: [], attributes: [], removes: [], adds: [], ...data }, at);
export const add = (parentId: number, node: Node): Node => ({ parentId, nextId: null, node });

/** Document 1, doctype 2, html 3, head 4, body 5; ids of the page's own nodes begin at 10. */
export const page = (...body: readonly Node[]): Node => ({
  type: 0,
  childNodes: [
    { type: 1, name: 'html', publicId: '', systemId: '', id: 2 },
    element(3, 'html', { lang: 'de' }, [element(4, 'head'), element(5, 'body', {}, body)]),
  ],
  id: 1,
});
export const snapshot = (node: Node, at = 0): Event =>
  event(2, { node, initialOffset: { left: 0, top: 0 } }, at);

export const RULES: RecordingRules = {
  text: 'strict',
  tags: [],
  events: ['signup'],
  query: [],
  origins: [ORIGIN],
  userAgent: false,
  known: [],
  pseudonym: (name, value) => `${name}:${value.length}`,
};
export const BALANCED: RecordingRules = { ...RULES, text: 'balanced' };

export interface Written {
  readonly events: readonly Event[];
  readonly [name: string]: unknown;
}

export const envelope = (over: Node = {}): Node => ({
  session: 'session-81',
  visit: 'visit-3',
  sequence: 1,
  page: `${ORIGIN}/boots`,
  events: [],
  ...over,
});

export const open = (body: unknown) => rrweb.open(Buffer.from(JSON.stringify(body)));

/** A visit whose uploads are cleaned one after the other. */
export class Visit {
  readonly memory;
  readonly #rules: RecordingRules;
  #sequence = 0;

  constructor(rules: RecordingRules = BALANCED, memory = rrweb.begin()) {
    this.#rules = rules;
    this.memory = memory;
  }

  /** The next upload, or one of a sequence. */
  clean(events: readonly unknown[], sequence = this.#sequence + 1): readonly Event[] {
    this.#sequence = sequence;
    const { body } = open(envelope({ sequence, events })).clean(this.#rules, this.memory);
    if (body === null) throw new Error('nothing may leave');
    return (JSON.parse(body) as { readonly recording: Written }).recording.events; // as the format writes it
  }

  /** What is left of one event; undefined: nothing. */
  left(one: Event): unknown {
    return this.clean([one])[0]?.['data'];
  }
}

/** Cleaned by itself, on a page that has these nodes. */
export const leftOf = (one: Event, rules: RecordingRules = BALANCED, ...body: readonly Node[]): unknown => {
  const visit = new Visit(rules);
  return visit.clean([snapshot(page(...body)), one])[1]?.['data'];
};
