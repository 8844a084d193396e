// The tables of rrweb's events: by type, and for changes by source, which keys of them leave and as what. A type or source that is not
// here does not leave; an event that does not fit its row does not either.

import type { JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import type { UploadCleaning } from '../cleaning.ts';
import { UNFIT, measure, number, size } from '../page/measures.ts';
import { cleanTag, tagOf } from '../page/tags.ts';
import { change, property, sheet } from './css.ts';
import type { Field, Here } from './fields.ts';
import { either, flag, id, index, list, object, path, seconds, share, typed, upTo } from './fields.ts';
import { mutation, snapshot } from './mutation.ts';
import type { RrwebVisit } from './visit.ts';

/** Of a mouse or finger: where, when before the event, and on which node. */
const positions = list(object({ x: measure, y: measure, id, timeOffset: number(-99_999_999, 0) }));
/** The way to a rule: an index, or several where rules lie within rules. */
const ruleIndex = either(index, path(index));
const rules = list(object({ rule: sheet }, { index: ruleIndex }));

const tagName: Field = (value, { cleaning }) => {
  if (typeof value !== 'string') return UNFIT;
  const tag = tagOf(value);
  return cleanTag(tag, cleaning) === value ? value : UNFIT;
};

/** A field was clicked, focused or typed into: from now on what is new may be an echo of something typed. */
const touching =
  (field: Field): Field =>
  (value, here) => {
    const clean = field(value, here);
    const touched: unknown = isObject(value) ? value['id'] : null;
    here.visit.touched(typeof touched === 'number' ? touched : 0, here.moment.at);
    return clean;
  };

const SOURCES: ReadonlyMap<number, Field> = new Map<number, Field>([
  [0, mutation],
  [1, object({ positions })],
  [
    2,
    touching(object({ type: upTo(99), id }, { x: measure, y: measure, pointerType: upTo(9) })), // interaction
  ],
  [3, object({ id, x: measure, y: measure })], // scroll
  [4, object({ width: size, height: size })], // resize
  [5, touching(object({ id, text: typed, isChecked: flag }, { userTriggered: flag }))], // input
  [6, object({ positions })],
  [
    7,
    object(
      { type: upTo(9), id }, // media
      { currentTime: seconds, volume: share, muted: flag, loop: flag, playbackRate: share },
    ),
  ],
  [
    8,
    object(
      {}, // rules of a style sheet
      {
        id,
        styleId: index,
        removes: list(object({ index: ruleIndex })),
        adds: rules,
        replace: sheet,
        replaceSync: sheet,
      },
    ),
  ],
  [12, object({ positions })], // drag
  [
    13,
    object(
      { index: path(index) }, // a declaration of a rule
      { id, styleId: index, set: change, remove: object({ property }) },
    ),
  ],
  [
    14,
    object({ ranges: list(object({ start: id, startOffset: index, end: id, endOffset: index })) }), // selection
  ],
  [
    15,
    object(
      { id, styleIds: list(index) }, // adopted style sheets
      { styles: list(object({ styleId: index, rules })) },
    ),
  ],
  [16, object({ define: object({ name: tagName }) })],
]);

const increment: Field = (value, here) => {
  const source: unknown = isObject(value) ? value['source'] : null;
  const field = typeof source === 'number' ? SOURCES.get(source) : undefined;
  const clean = field === undefined ? UNFIT : field(value, here);
  return typeof clean === 'object' && clean !== null ? { source, ...clean } : UNFIT;
};

const empty: Field = () => ({});
const address: Field = (value, { cleaning }) => (typeof value === 'string' ? cleaning.url(value) : UNFIT);

/** An event of the site's own: its name if the route lists it, and of what comes with it nothing that has words. */
const custom: Field = (value, { cleaning }) => {
  if (!isObject(value)) return UNFIT;
  const { tag, payload } = value;
  if (typeof tag !== 'string' || !cleaning.rules.events.includes(tag)) return UNFIT;
  const plain = typeof payload === 'boolean' || (typeof payload === 'number' && Math.abs(payload) <= 999_999);
  return { tag, payload: plain ? payload : null };
};

const TYPES: ReadonlyMap<number, Field> = new Map<number, Field>([
  [0, empty], // the document is there
  [1, empty], // and all that it loads
  [2, snapshot],
  [3, increment],
  [4, object({ href: address, width: size, height: size })],
  [5, custom],
]);

/** Ms since 1970, from 2020 to 2100. */
const EARLIEST = 1_577_836_800_000;
const LATEST = 4_102_444_800_000;
export const timeOf = (event: unknown): number | null => {
  const time: unknown = isObject(event) ? event['timestamp'] : null;
  return typeof time === 'number' && time >= EARLIEST && time <= LATEST ? Math.round(time) : null;
};

const META = 4;
/** The address that an event names; null: none. */
export function pageOf(event: unknown): string | null {
  if (!isObject(event) || event['type'] !== META || !isObject(event['data'])) return null;
  const { href } = event['data'];
  return typeof href === 'string' ? href : null;
}

interface Surroundings {
  readonly cleaning: UploadCleaning;
  readonly memory: RrwebVisit;
  readonly page: string | null;
}

function cleanEvent(event: unknown, { cleaning, memory, page }: Surroundings): JsonObject | null {
  const timestamp = timeOf(event);
  if (timestamp === null || !isObject(event)) return null;
  const { type, data } = event;
  const field = typeof type === 'number' ? TYPES.get(type) : undefined;
  if (typeof type !== 'number' || field === undefined) return null;
  const visit = memory.tree;
  const moment = visit.note([], { at: memory.at(timestamp), whole: false });
  const here: Here = { cleaning, memory, page, visit, moment };
  const clean = field(data, here);
  if (!isObject(clean)) return null;
  return { type, data: clean, timestamp };
}

/** What of the events may leave, in their order. */
export function cleanEvents(events: readonly unknown[], surroundings: Surroundings): readonly JsonObject[] {
  const clean = events.map((event) => cleanEvent(event, surroundings)).filter((event) => event !== null);
  if (clean.length < events.length)
    surroundings.cleaning.remarks.add('recording.events', 'default_deny', 'strip');
  return clean;
}
