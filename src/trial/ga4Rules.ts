// GA4's documented limits for the Measurement Protocol, and the shape of `/g/collect`. Both answer 204 to everything, so the
// problems found here are the only sign that a hit would not have counted.

import { isObject } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { VendorCall, VendorRules, VendorVerdict } from './rules.ts';
import { jsonBody } from './rules.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const RESERVED_PREFIX = /^(?:_|firebase_|ga_|google_|gtag\.)/;
const RESERVED = [
  'session_start',
  'first_visit',
  'user_engagement',
  'app_install',
  'app_remove',
  'error',
  'screen_view',
];
const LONG: Readonly<Record<string, number>> = { page_location: 1000, page_referrer: 420, page_title: 300 };
const DAYS_3_US = 72 * 3600 * 1e6;

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

function params(of: JsonObject): string[] {
  const names = Object.keys(of);
  const problems: string[] = [];
  if (names.length > 25) problems.push('more than 25 parameters');
  for (const name of names) {
    if (!NAME.test(name) || name.length > 40 || RESERVED_PREFIX.test(name))
      problems.push(`parameter name \`${name}\``);
    if (text(of[name]).length > (LONG[name] ?? 100)) problems.push(`parameter \`${name}\` is too long`);
  }
  const items = of['items'];
  if (items !== undefined && (!Array.isArray(items) || items.length > 200 || !items.every(isObject)))
    problems.push('items');
  return problems;
}

function event(each: Json, now: number): string[] {
  if (!isObject(each)) return ['an event is not an object'];
  const name = text(each['name']);
  const problems = isObject(each['params']) ? params(each['params']) : [];
  if (!NAME.test(name) || name.length > 40 || RESERVED_PREFIX.test(name) || RESERVED.includes(name))
    problems.push('event name');
  const micros = each['timestamp_micros'];
  if (typeof micros === 'number' && (micros < now * 1000 - DAYS_3_US || micros > (now + 60_000) * 1000))
    problems.push('timestamp_micros');
  return problems;
}

function properties(of: Json | undefined): string[] {
  if (of === undefined) return [];
  if (!isObject(of) || Object.keys(of).length > 25) return ['user_properties'];
  return Object.entries(of)
    .filter(
      ([name, value]) =>
        !NAME.test(name) ||
        name.length > 24 ||
        !isObject(value) ||
        JSON.stringify(value['value'] ?? null).length > 38,
    )
    .map(([name]) => `user property \`${name}\``);
}

function consent(of: Json | undefined): string[] {
  if (of === undefined) return [];
  const words = ['GRANTED', 'DENIED'];
  const good =
    isObject(of) &&
    Object.entries(of).every(
      ([name, word]) => ['ad_user_data', 'ad_personalization'].includes(name) && words.includes(text(word)),
    );
  return good ? [] : ['consent'];
}

function measurementProtocol(call: VendorCall): VendorVerdict {
  const body = jsonBody(call);
  const problems: string[] = [];
  if (!/^G-[A-Z0-9]+$/.test(call.query.get('measurement_id') ?? '')) problems.push('measurement_id');
  if ((call.query.get('api_secret') ?? '') === '') problems.push('api_secret');
  if (body === null)
    return { status: 204, body: null, problems: [...problems, 'body is not a JSON object'], accepted: 0 };
  const events = Array.isArray(body['events']) ? body['events'] : [];
  if (text(body['client_id']) === '') problems.push('client_id');
  if (events.length === 0 || events.length > 25) problems.push('events must hold 1 to 25');
  if (call.body.length > 130_000) problems.push('body is larger than 130 kB');
  problems.push(...events.flatMap((each: Json) => event(each, call.now)));
  problems.push(...properties(body['user_properties']), ...consent(body['consent']));
  return { status: 204, body: null, problems, accepted: problems.length === 0 ? events.length : 0 };
}

const ALLOWED =
  /^(?:v|tid|cid|sid|en|_s|sct|seg|_ss|_fv|_nsi|_et|_ee|_c|frm|ir|ul|sr|uamb|dl|dr|dt|gcs|gcd|npa|cu|c[smnck]|_uc|dma|pscdl|_z|gtm|pr\d{1,3}|epn?\.\w+|upn?\.\w+)$/;

function collect(call: VendorCall): VendorVerdict {
  const shared = call.query;
  const lines = call.body.split(/\r?\n/).filter((line) => line !== '');
  const events =
    lines.length === 0
      ? [shared]
      : lines.map((line) => new URLSearchParams([...shared, ...new URLSearchParams(line)]));
  const problems = events.flatMap((each) => {
    const missing = ['v', 'tid', 'cid', 'en'].filter((name) => (each.get(name) ?? '') === '');
    const unknown = [...each.keys()].filter((name) => !ALLOWED.test(name));
    return [
      ...missing.map((name) => `\`${name}\` is missing`),
      ...unknown.map((name) => `\`${name}\` is not expected`),
    ];
  });
  if (!/^G1[01-]{2}$/.test(shared.get('gcs') ?? '')) problems.push('gcs');
  return { status: 204, body: null, problems, accepted: problems.length === 0 ? events.length : 0 };
}

export const ga4: VendorRules = (call) => {
  if (call.path === '/mp/collect' && call.method === 'POST') return measurementProtocol(call);
  if (call.path === '/g/collect') return collect(call);
  return { status: 404, body: null, problems: ['unknown path'], accepted: 0 };
};
