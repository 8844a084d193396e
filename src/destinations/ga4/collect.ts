// GA4 browser hits (`/g/collect`), composed from permitted data alone. A hit that came by gtag gets its technical wire fields
// back, from the allow-list below; ids, consent, addresses and page never come from the wire.

import { ITEM_FIELDS } from '../../core/vocabulary.ts';
import type { VendorRequest } from '../../core/delivery.ts';
import type { JsonObject } from '../../core/json.ts';
import type { PermittedData } from '../../core/permitted.ts';
import { fill, groupBy, type Placed, type Refusal } from '../request.ts';
import { clip } from '../value.ts';
import { collectConsent } from './consent.ts';
import * as limits from './limits.ts';

/** Hit counter, session count and state, first visit, custom event, conversion mark, frame: flags and small numbers. */
export const WIRE_FIELDS: Readonly<Record<string, RegExp>> = {
  _s: /^\d{1,6}$/,
  sct: /^\d{1,6}$/,
  seg: /^[01]$/,
  _ss: /^[12]$/,
  _fv: /^[12]$/,
  _nsi: /^1$/,
  _ee: /^1$/,
  _c: /^1$/,
  frm: /^[0-3]$/,
  ir: /^1$/,
};

/** Two-letter keys of a `pr` parameter; what has none rides as a custom field. */
const ITEM_KEYS: Readonly<Record<string, string>> = {
  item_id: 'id',
  item_name: 'nm',
  item_brand: 'br',
  item_category: 'ca',
  item_category2: 'c2',
  item_category3: 'c3',
  item_category4: 'c4',
  item_category5: 'c5',
  item_variant: 'va',
  price: 'pr',
  quantity: 'qt',
  coupon: 'cp',
  discount: 'ds',
  item_list_name: 'ln',
  item_list_id: 'li',
  index: 'lp',
  affiliation: 'af',
  creative_name: 'cn',
  creative_slot: 'cs',
  promotion_id: 'pi',
  promotion_name: 'pn',
};

const CAMPAIGN_KEYS: Readonly<Record<string, string>> = {
  source: 'cs',
  medium: 'cm',
  campaign: 'cn',
  content: 'cc',
  term: 'ck',
};

export const COLLECT_LIMITS = { events: 25, bytes: 130_000 } as const;
/** Lines are gathered up to this size; a single event may be larger. */
const GATHER = { events: COLLECT_LIMITS.events, bytes: 16_384 } as const;
/** A single event rides in the query up to this length. */
const QUERY_CHARS = 2000;

type Pairs = readonly (readonly [string, string | number])[];

const encode = (pairs: Pairs): string =>
  pairs
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value).toWellFormed())}`)
    .join('&');

interface Line {
  readonly index: number;
  readonly text: string;
  readonly bytes: number;
}

export function collect(
  placed: readonly Placed[],
  target: { readonly url: string; readonly measurementId: string },
): { readonly requests: readonly VendorRequest[]; readonly refused: readonly Refusal[] } {
  const requests: VendorRequest[] = [];
  const refused: Refusal[] = [];
  const headed = placed.map((one) => ({
    ...one,
    query: encode(shared(one.data, target.measurementId)),
    agent: userAgent(one.data),
  }));
  for (const group of groupBy(headed, ({ query, agent }) => `${query}\n${agent ?? ''}`)) {
    const first = group[0];
    if (first === undefined) continue;
    const lines: Line[] = [];
    for (const { index, data } of group) {
      const text = encode(event(data));
      if (text.length > COLLECT_LIMITS.bytes) refused.push({ index, code: 'too_large' });
      else lines.push({ index, text, bytes: text.length + 2 });
    }
    const url = `${target.url}?${first.query}`;
    for (const part of fill(lines, GATHER)) requests.push(hit(url, part, first.agent));
  }
  return { requests, refused };
}

/** One small event stands in the query; otherwise the body holds one event per line and the line wins. */
function hit(url: string, lines: readonly Line[], agent: string | null): VendorRequest {
  const [only] = lines;
  const alone = lines.length === 1 && only !== undefined && url.length + only.text.length <= QUERY_CHARS;
  return {
    method: 'POST',
    url: alone ? `${url}&${only.text}` : url,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...(agent === null ? {} : { 'user-agent': agent }),
    },
    body: alone ? '' : lines.map(({ text }) => text).join('\r\n'),
    auth: { type: 'none' },
    events: lines.map(({ index }) => index),
  };
}

const pair = (name: string, value: string | number | null | undefined): Pairs =>
  value === null || value === undefined || value === '' ? [] : [[name, value]];

/** What all events of one client share. */
const shared = (data: PermittedData, measurementId: string): Pairs => [
  ['v', '2'],
  ['tid', measurementId],
  ...pair('cid', data.ids['ga.client_id']),
  ...pair('uid', limits.userId(data)),
  ...pair('sid', limits.sessionId(data)),
  ...pair('ul', data.device.language?.toLowerCase()),
  ...collectConsent(data.consent),
];

function event(data: PermittedData): Pairs {
  const { url, referrer, title } = data.page;
  const params = limits.eventParams(data, limits.MAX_PARAMS);
  const currency = params.find(([name]) => name === 'currency')?.[1];
  return [
    ['en', data.name],
    ...pair('dl', url === null ? null : clip(url, limits.PAGE_CHARS.location)),
    ...pair('dr', referrer === null ? null : clip(referrer, limits.PAGE_CHARS.referrer)),
    ...pair('dt', title === null ? null : clip(title, limits.PAGE_CHARS.title)),
    ...wire(data),
    ['_et', limits.engagementMs(data)],
    ...pair('cu', currency),
    ...limits.campaignParams(data).flatMap(([name, value]) => {
      const key = CAMPAIGN_KEYS[name];
      return key === undefined ? [] : pair(key, value);
    }),
    ...params
      .filter(([name]) => name !== 'currency')
      .map(([name, value]) => [`${typeof value === 'number' ? 'epn' : 'ep'}.${name}`, value] as const),
    ...limits
      .userProperties(data)
      .map(([name, value]) => [`${typeof value === 'number' ? 'upn' : 'up'}.${name}`, value] as const),
    ...data.items
      .slice(0, limits.MAX_ITEMS)
      .map(item)
      .filter((text) => text !== '')
      .map((text, index) => [`pr${index + 1}`, text] as const),
  ];
}

function wire(data: PermittedData): Pairs {
  if (data.wire?.protocol !== 'gtag') return [];
  const { fields } = data.wire;
  return Object.entries(WIRE_FIELDS).flatMap(([name, form]) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return value !== undefined && form.test(value) ? pair(name, value) : [];
  });
}

/** `id…~nm…~k0currency~v0EUR`; a tilde in a value is doubled. */
function item(fields: JsonObject): string {
  const parts: string[] = [];
  let custom = 0;
  for (const [name, value] of Object.entries(fields)) {
    const found = Object.hasOwn(ITEM_FIELDS, name) ? limits.scalar(value) : null;
    if (found === null) continue;
    const text = String(found).replaceAll('~', '~~');
    const key = ITEM_KEYS[name];
    if (key !== undefined) parts.push(`${key}${text}`);
    else if (custom < 10) parts.push(`k${custom}${name}`, `v${custom++}${text}`);
  }
  return parts.join('~');
}

/** Only as a permitted person field, and only if it may stand in a header. */
function userAgent(data: PermittedData): string | null {
  const agent = data.person.user_agent;
  return agent !== undefined && /^[\x20-\x7e]{1,512}$/.test(agent) ? agent : null;
}
