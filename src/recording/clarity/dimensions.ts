// Dimensions (event 1): facts about page, browser and visit, each a list of strings under a number. What the table does not
// know, and what has not the form that it demands, does not leave.

import { masked } from '../cleaning.ts';
import { isMasked, maskedValue } from '../page/mask.ts';
import { pairwise } from './envelope.ts';
import type { Here, Pair } from './fields.ts';
import { isHash, pairs } from './fields.ts';
import { coarseUserAgent } from './userAgent.ts';

/** What may leave of one value; null: nothing. */
type Fact = (value: string, here: Here) => string | null;

const form =
  (pattern: RegExp): Fact =>
  (value) =>
    pattern.test(value) ? value : null;

const scrub: Fact = (value, { cleaning }) => cleaning.text(value);

/** Text of the page itself, which the client masks in no mode. Once something may have been typed it may say that: `Results for …`. */
const pageText: Fact = (value, { cleaning, visit }) => {
  const speaks = cleaning.rules.text === 'balanced' && !visit.typed;
  if (speaks || isMasked(value)) return cleaning.text(value);
  cleaning.remarks.add('recording.title', 'page_text', 'replace');
  return maskedValue(value);
};

const PRODUCT_WORD = /[^\s;()]+/g;

const userAgent: Fact = (value, { cleaning }) => {
  // The whole of one is personal data to a scan; within its words only what else is.
  if (cleaning.rules.userAgent)
    return value.replaceAll(PRODUCT_WORD, (word) =>
      /^[a-z]+\/[\d.]+$/i.test(word) && word.length < 40 && !/\d{7}/.test(word) ? word : cleaning.text(word),
    );
  const coarse = coarseUserAgent(value);
  if (coarse !== value) cleaning.remarks.add('device', 'coarse_device', 'coarsen');
  return coarse;
};

/** The model of the device, and the third and fourth part of its system's version. */
const model: Fact = (value, { cleaning }) => {
  if (cleaning.rules.userAgent) return cleaning.text(value);
  if (value !== '') cleaning.remarks.add('device', 'coarse_device', 'coarsen');
  return '';
};
const platformVersion: Fact = (value, { cleaning }) => {
  const read = /^(\d{1,3})((?:\.\d{1,6}){0,3})$/.exec(value);
  if (read === null) return value === '' ? value : null;
  if (cleaning.rules.userAgent) return value;
  const coarse = `${read[1] ?? ''}${(read[2] ?? '').replaceAll(/\d+/g, '0')}`;
  if (coarse !== value) cleaning.remarks.add('device', 'coarse_device', 'coarsen');
  return coarse;
};

const HOST = /^[a-z0-9][a-z0-9.-]{0,252}(?::\d{1,5})?$/i;
const host: Fact = (value, { cleaning }) =>
  HOST.test(value) && cleaning.url(`https://${value}`) !== '' ? value : null;

const ORIGIN = /^https?:\/\/[^/?#@]{1,260}$/i;
const origin: Fact = (value, { cleaning }) => {
  if (value === '' || value === 'null') return value;
  return ORIGIN.test(value) && cleaning.url(value) !== '' ? value : null;
};

const hashes: Fact = (value) => (isHash(value) ? value : null);
/** Zoomed pages tell it with sixteen digits. */
const ratio: Fact = (value) => {
  const number = Number(value);
  return /^\d/.test(value) && number < 100 ? String(Math.round(number * 1000) / 1000) : null;
};
const WORD = form(/^[a-z_-]{0,20}$/i);

const TAB = /^[0-9a-z]{1,32}$/;
const LANGUAGE = form(/^(?:[a-z]{2,3}(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|\d{3}))?(?:[-_][a-z]{5,8})?)?$/i);

const FACTS: ReadonlyMap<number, Fact> = new Map<number, Fact>([
  [0, userAgent],
  [1, (value, { cleaning }) => cleaning.url(value)],
  [2, (value, { cleaning, page }) => cleaning.referrer(value, page)],
  [3, pageText], // title
  [4, host], // hosts that the page asked
  [5, scrub], // schema.org: type
  [6, pageText], // brand
  [7, scrub], // availability
  [8, pageText], // author
  [9, LANGUAGE],
  [10, pageText], // product
  [11, pageText], // category
  [12, pageText], // article number
  [13, scrub], // currency
  [14, scrub], // condition
  [15, (value, { cleaning }) => (TAB.test(value) ? pairwise('clarity.tab_id', value, cleaning) : null)],
  [16, LANGUAGE], // language of the page
  [17, WORD], // direction
  [18, pageText], // headline
  [19, scrub], // og:type
  [20, pageText], // og:title
  [21, scrub], // generator
  [22, form(/^(?:[a-z][a-z _.]{0,20}\d{0,3}[a-z]?)?$/i)], // platform
  [23, platformVersion],
  [24, form(/^[a-z :;.?()=,/_-]{1,40}~\d{1,4}$/i)], // brand and major version
  [25, model],
  [26, ratio], // pixels of the device for one of CSS
  [27, form(/^(?:(?:slow-)?\dg|wifi|ethernet|cellular|bluetooth|wimax|none|mixed|other|unknown)?$/)], // connection
  [28, () => '0'], // day of the first visit
  [29, form(/^\d{1,3}$/)], // version of the cookie
  [30, WORD], // device family
  [31, hashes],
  [32, hashes],
  [33, origin],
  [34, form(/^(?:[a-z_]{1,20}(?:\/[a-z_+-]{1,30}){0,2}|UTC|(?:Etc\/)?GMT(?:[+-]\d{1,2})?)?$/i)], // time zone
  [35, form(/^-?\d{1,3}$/)], // its offset
  [36, form(/^[0-2]$/)], // consent
  [37, hashes],
  [38, form(/^(?:true|false|null|undefined|[01])?$/)], // GPC
]);

/** What the client takes of one. */
const MAX_VALUES = 128;
const MAX_CHARS = 4096;

const dimension: Pair = (id, values, here) => {
  const fact = typeof id === 'number' ? FACTS.get(id) : undefined;
  if (fact === undefined || !Array.isArray(values) || values.length > MAX_VALUES) return null;
  const kept: string[] = [];
  for (const value of values) {
    if (typeof value !== 'string') return null;
    const clean = fact(value.length > MAX_CHARS ? masked(value) : value, here);
    if (clean !== null) kept.push(clean);
  }
  return kept.length === 0 ? null : [id, kept];
};

export const dimensions = pairs(dimension);
