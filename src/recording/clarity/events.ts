// The table of Clarity's event types: for each, in which list it belongs, its fields from the third on, and what may leave of
// them. A type that is not here does not leave; an event that does not fit its row does not either.

import { cleanCss } from '../page/css.ts';
import { MAX_MEASURE, UNFIT, measure, number, size } from '../page/measures.ts';
import { keyframes, timing } from './animations.ts';
import { click } from './clicks.ts';
import { dimensions } from './dimensions.ts';
import { cleanDom } from './dom.ts';
import type { Field, Pair, Treatment } from './fields.ts';
import {
  MAX_TIME,
  address,
  blank,
  either,
  fields,
  flag,
  hash,
  matching,
  node,
  orNull,
  pairs,
  region,
  scrubbed,
  shortId,
  small,
  time,
  typed,
} from './fields.ts';
import { custom, variables } from './variables.ts';

export interface EventType {
  /** The list that the client puts it into. */
  readonly list: 'analysis' | 'playback';
  readonly clean: Treatment;
  /** Does it tell that a node is used? Then the tree hears of it. */
  readonly touches: boolean;
  /** Does it hang on what the tree knows at its time? */
  readonly reads: boolean;
  readonly isDom: boolean;
}

const analysis = (clean: Treatment): EventType => ({
  list: 'analysis',
  clean,
  touches: false,
  reads: false,
  isDom: false,
});
const playback = (clean: Treatment): EventType => ({ ...analysis(clean), list: 'playback' });
const touching = (clean: Treatment): EventType => ({ ...analysis(clean), touches: true });
const DOM: EventType = {
  ...playback((event, { visit, cleaning }) => cleanDom(event, visit, cleaning)),
  isDom: true,
};

/** Ms since 1970, from 2020 to 2100: the only number that may be as long. */
const epoch = number(1_577_836_800_000, 4_102_444_800_000);
const bytes = number(0, MAX_TIME);

const metric: Pair = (id, value) => {
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 99) return null;
  const field = id === 0 ? epoch : id === 2 ? bytes : measure;
  const clean = field(value);
  return clean === UNFIT ? null : [id, clean];
};

const MAX_SPANS = 10_000;
/** A type of event, and start and length of each time that it came. */
const summary: Pair = (id, spans) => {
  if (small(id) !== id || !Array.isArray(spans)) return null;
  if (spans.length % 2 !== 0 || spans.length > MAX_SPANS) return null;
  const clean = spans.map((span) => time(span));
  return clean.includes(UNFIT) ? null : [id, clean];
};

/** Only told apart: browsers that count touches from a large number keep its end. */
const pointerNumber: Field = (value) => {
  if (!Number.isSafeInteger(value)) return UNFIT;
  const id = Number(value);
  return Math.abs(id) <= MAX_MEASURE ? id : Math.abs(id) % 10_000;
};
const pointerId = either(matching(/^$/), pointerNumber);
const trueOrFalse = matching(/^(?:true|false)$/);
const pointer = fields([node, measure, measure, pointerId, trueOrFalse, region], 3);

/** What a site calls its own reason to record more. */
const upgrade: Field = (value, { cleaning }) => {
  if (typeof value !== 'string') return UNFIT;
  if (/^(?:Auto|Config|Custom)$/.test(value)) return value;
  cleaning.remarks.add('recording.details', 'default_deny', 'replace');
  return 'Custom';
};

/** Error texts quote whatever went wrong. */
const message: Field = (value, { cleaning }) => {
  if (typeof value !== 'string') return UNFIT;
  if (value === '' || value === SCRIPT_ERROR) return value;
  cleaning.remarks.add('recording.details', 'default_deny', 'replace');
  return SCRIPT_ERROR;
};
const SCRIPT_ERROR = 'Script error.';
/** A name that the site made up may be data. */
const errorName: Field = (value) => (typeof value !== 'string' ? UNFIT : ERRORS.test(value) ? value : '');
const ERRORS = /^(?:(?:Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error|DOMException)$/;

const INPUT_TYPES =
  /^(?:button|checkbox|color|date|datetime-local|email|file|hidden|image|month|number|password|radio|range|reset|search|select-(?:one|multiple)|submit|tel|text|textarea|time|url|week|fieldset|output)?$/;
const inputType: Field = (value) =>
  typeof value !== 'string' ? UNFIT : INPUT_TYPES.test(value) ? value : '';
/** A box ticked or not is no text. */
const ticked = matching(/^(?:true|false)$/);

/** Names of scripts that the site loads into the recorder. */
const modules: Field = (value) => (Array.isArray(value) || value === null ? null : UNFIT);
const ids: Field = (value, here) =>
  Array.isArray(value) && value.length <= 1000 && value.every((id) => shortId(id, here) !== UNFIT)
    ? value
    : UNFIT;
const css: Field = (value, { cleaning, visit }) =>
  typeof value === 'string' ? cleanCss(value, cleaning, { typing: visit.mayBeTyping }) : UNFIT;

/** One that has to be changed would name no element any more. */
const elementName: Field = (value, { cleaning }) =>
  typeof value === 'string' && /^[a-z][a-z0-9._-]{0,60}$/i.test(value) && cleaning.word(value) === value
    ? value
    : UNFIT;

const place = orNull(measure);
const when = orNull(time);
const count = number(0, 9999);

/** Visible or not; places and times of what moved last. Versions before 0.7 end after the eleventh. */
const spot = [place, place, when];
const baseline = fields(
  [
    either(flag, matching(/^(?:visible|hidden)$/)),
    ...Array.from({ length: 8 }, () => place), // document, window, scroll, pointer
    when, // activity
    when, // scroll
    when, // pointer
    ...spot, // moved
    ...spot, // down
    ...spot, // up
    ...spot, // before
    modules,
  ],
  10,
);

const navigation = fields([
  ...Array.from({ length: 10 }, () => time),
  small, // redirects
  bytes,
  matching(/^(?:navigate|reload|back_forward|prerender)?$/),
  matching(/^(?:http\/\d\.\d|h2c?|h3(?:-\d\d)?|hq-\d\d|spdy\/\d|quic.{0,6})?$/),
  bytes,
  bytes,
]);

const EVENTS: ReadonlyMap<number, EventType> = new Map([
  [0, analysis(pairs(metric))],
  [1, analysis(dimensions)],
  [2, analysis(fields([count, small, small]))], // upload: sequence, attempts, status
  [3, analysis(fields([upgrade]))],
  [4, analysis(baseline)],
  [5, DOM], // discover
  [6, DOM], // mutation
  [7, analysis(fields([node, small, small, scrubbed]))], // region
  [8, analysis(fields([size, size]))], // document
  [9, { ...touching(click), reads: true }],
  [10, analysis(fields([node, measure, measure, hash, hash, flag, region], 3))], // scroll
  [11, analysis(fields([size, size]))], // resize
  [12, analysis(pointer)], // mouse moved
  [13, touching(pointer)], // mouse down
  [14, touching(pointer)], // mouse up
  [15, analysis(pointer)], // wheel
  [16, touching(pointer)], // double click
  [17, touching(pointer)], // touch start
  [18, analysis(pointer)],
  [19, analysis(pointer)],
  [20, analysis(pointer)],
  [21, touching(fields([node, count, node, count]))], // selection
  [22, analysis(fields([small, hash, place, place, orNull(small), orNull(small)]))], // timeline
  [24, analysis(custom)],
  [25, analysis(fields([time]))], // ping
  [26, analysis(fields([matching(/^(?:beforeunload|unload|pagehide|freeze)$/), orNull(flag)], 1))],
  [27, touching(fields([node, either(ticked, typed), flag, region], 2))], // input
  [28, analysis(fields([either(flag, matching(/^(?:visible|hidden|prerender)$/))]))],
  [29, analysis(navigation)],
  [31, analysis(fields([message, place, place, orNull(blank), orNull(address)]))], // script error
  [33, analysis(fields([small, orNull(errorName), orNull(blank), orNull(blank), small]))], // log
  [34, analysis(variables)],
  [35, analysis(fields([small]))], // limit
  [36, analysis(pairs(summary))],
  [38, touching(fields([node, small]))], // clipboard
  [39, touching(fields([node]))], // submit
  [42, touching(fields([node, inputType, typed, orNull(blank)]))], // change; the checksum could be guessed
  [43, DOM], // snapshot
  [
    44,
    playback(
      fields([shortId, small, orNull(keyframes), orNull(timing), orNull(matching(/^$/)), orNull(node)], 2),
    ),
  ],
  [45, playback(fields([node, small, ids]))], // style sheets adopted
  [46, playback(fields([shortId, small, orNull(css)]))], // style sheet changed
  [47, analysis(fields([small, flag, flag]))], // consent, as the page claims it
  [48, { ...touching(click), reads: true }], // context menu
  [50, analysis(fields([flag]))], // focus of the window
  [51, playback(fields([elementName]))],
  [52, analysis(fields([small]))], // chat
  [
    53, // pointer down
    touching(
      fields([
        node,
        measure,
        measure,
        pointerId,
        either(trueOrFalse, flag),
        matching(/^(?:mouse|pen|touch)?$/),
        number(0, 1),
        measure,
        measure,
      ]),
    ),
  ],
]);

/** The row of an event, if it is in its list at a believable time. */
export function typeOf(event: readonly unknown[], list: EventType['list']): EventType | null {
  const [at, id] = event;
  const type = typeof id === 'number' ? EVENTS.get(id) : undefined;
  if (type?.list !== list || typeof at !== 'number' || !Number.isInteger(at)) return null;
  return at >= 0 && at <= MAX_TIME ? type : null;
}
