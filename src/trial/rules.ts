// What the vendors document about requests to them, as checks: each answers what the real one would and names what is wrong.
// The stand-ins of the trial and the end-to-end tests judge by these, so that a request is not taken for good because a
// server said 204.

import { isObject } from '../core/json.ts';
import type { Json, JsonObject } from '../core/json.ts';

export interface VendorCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly now: number;
}

export interface VendorVerdict {
  readonly status: number;
  readonly body: JsonObject | null;
  /** Rules of the vendor that the request breaks; empty if it counts. */
  readonly problems: readonly string[];
  /** Events that would count. */
  readonly accepted: number;
}

export type VendorRules = (call: VendorCall) => VendorVerdict;

export const HEX64 = /^[0-9a-f]{64}$/;
const WEEK_S = 7 * 86_400;

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** Parses the body as a JSON object; anything else is null. */
export function jsonBody(call: VendorCall): JsonObject | null {
  try {
    const value: unknown = JSON.parse(call.body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

const refuse = (status: number, problem: string, body: JsonObject | null = null): VendorVerdict => ({
  status,
  body,
  problems: [problem],
  accepted: 0,
});

/** Meta answers for the whole request: one bad event fails all of it. */
export const meta: VendorRules = (call) => {
  if (call.method !== 'POST' || !/^\/v\d+\.0\/\w+\/events$/.test(call.path))
    return refuse(404, 'unknown path');
  const body = jsonBody(call);
  const failure = (code: number, subcode: number, message: string): VendorVerdict =>
    refuse(400, message, {
      error: {
        message,
        type: 'OAuthException',
        code,
        error_subcode: subcode,
        is_transient: false,
        fbtrace_id: 'trial',
      },
    });
  if (body === null) return failure(100, 0, 'body is not a JSON object');
  if (text(body['access_token']) === '' && call.query.get('access_token') === null)
    return failure(190, 0, 'no access token');
  const data = list(body['data']);
  if (data.length === 0 || data.length > 1000) return failure(100, 0, 'data must hold 1 to 1000 events');
  const problems = data.flatMap((event) =>
    isObject(event) ? metaEvent(event, call.now) : ['an event is not an object'],
  );
  if (problems.length > 0) return { ...failure(100, 2804003, 'invalid parameter'), problems };
  return {
    status: 200,
    body: { events_received: data.length, messages: [], fbtrace_id: 'trial' },
    problems,
    accepted: data.length,
  };
};

const ACTION_SOURCES = [
  'website',
  'app',
  'phone_call',
  'chat',
  'email',
  'physical_store',
  'system_generated',
  'business_messaging',
  'other',
];
const META_HASHED = ['em', 'ph', 'fn', 'ln', 'ge', 'db', 'ct', 'st', 'zp', 'country'];

function metaEvent(event: JsonObject, now: number): string[] {
  const problems: string[] = [];
  const seconds = now / 1000;
  const time = event['event_time'];
  if (text(event['event_name']) === '') problems.push('event_name is missing');
  if (typeof time !== 'number' || !Number.isInteger(time)) problems.push('event_time is not whole seconds');
  else if (time < seconds - WEEK_S || time > seconds + 60)
    problems.push('event_time is older than seven days or in the future');
  const source = text(event['action_source']);
  if (!ACTION_SOURCES.includes(source)) problems.push('action_source is not one of the documented values');
  const user = event['user_data'];
  if (!isObject(user) || Object.keys(user).length === 0) return [...problems, 'user_data is missing'];
  if (source === 'website' && text(event['event_source_url']) === '')
    problems.push('website events need event_source_url');
  if (source === 'website' && text(user['client_user_agent']) === '')
    problems.push('website events need client_user_agent');
  for (const name of META_HASHED) {
    const values =
      user[name] === undefined ? [] : Array.isArray(user[name]) ? list(user[name]) : [user[name]];
    if (values.some((value) => !HEX64.test(text(value))))
      problems.push(`${name} is not a SHA-256 in lower-case hex`);
  }
  return problems;
}

/** X counts what it processed; an unsigned request is refused. */
export const x: VendorRules = (call) => {
  if (call.method !== 'POST' || !/^\/12\/measurement\/conversions\/\w+$/.test(call.path))
    return refuse(404, 'unknown path');
  const signed =
    call.headers['authorization']?.startsWith('OAuth ') === true ||
    call.headers['x-pixel-token'] !== undefined;
  if (!signed)
    return refuse(401, 'neither OAuth nor pixel token', { errors: [{ code: 'UNAUTHORIZED_ACCESS' }] });
  const conversions = list(jsonBody(call)?.['conversions']);
  const problems = conversions.flatMap((each) =>
    isObject(each) ? conversion(each) : ['a conversion is not an object'],
  );
  if (conversions.length === 0 || conversions.length > 500) problems.push('conversions must hold 1 to 500');
  if (problems.length > 0)
    return { ...refuse(400, '', { errors: [{ code: 'INVALID_PARAMETER' }] }), problems };
  return {
    status: 200,
    body: { data: { conversions_processed: conversions.length, debug_id: 'trial' } },
    problems,
    accepted: conversions.length,
  };
};

function conversion(each: JsonObject): string[] {
  const problems: string[] = [];
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text(each['conversion_time'])))
    problems.push('conversion_time is not ISO 8601');
  if (!/^(?:tw-[0-9a-z]+-)?[0-9a-z]+$/.test(text(each['event_id'])))
    problems.push('event_id is not a configured event');
  const identifiers = list(each['identifiers']);
  if (identifiers.length === 0) problems.push('identifiers are missing');
  for (const id of identifiers) {
    if (!isObject(id)) problems.push('an identifier is not an object');
    else if (
      ['hashed_email', 'hashed_phone_number'].some(
        (name) => id[name] !== undefined && !HEX64.test(text(id[name])),
      )
    )
      problems.push('a hashed identifier is not a SHA-256 in lower-case hex');
  }
  return problems;
}

/** HubSpot's three ways in: custom events, contact upsert, form submission. */
export const hubspot: VendorRules = (call) => {
  if (call.headers['authorization']?.startsWith('Bearer ') !== true)
    return refuse(401, 'no bearer token', { status: 'error', category: 'INVALID_AUTHENTICATION' });
  const body = jsonBody(call);
  const wrong = (problem: string): VendorVerdict =>
    refuse(400, problem, { status: 'error', category: 'VALIDATION_ERROR', message: problem });
  if (body === null) return wrong('body is not a JSON object');
  if (/^\/events\/(?:custom\/[\d-]+|v3)\/send(?:\/batch)?$/.test(call.path)) {
    const inputs = call.path.endsWith('/batch') ? list(body['inputs']) : [body];
    const problems = inputs.flatMap((input) =>
      isObject(input) ? customEvent(input) : ['an input is not an object'],
    );
    return problems[0] === undefined
      ? { status: 204, body: null, problems, accepted: inputs.length }
      : { ...wrong(problems[0]), problems };
  }
  if (/^\/crm\/(?:objects\/[\d-]+|v3\/objects)\/contacts\/batch\/upsert$/.test(call.path)) {
    const inputs = list(body['inputs']);
    if (inputs.length === 0 || inputs.length > 100) return wrong('inputs must hold 1 to 100 contacts');
    const bad = inputs.some(
      (input) =>
        !isObject(input) ||
        text(input['id']) === '' ||
        !isObject(input['properties']) ||
        Object.values(input['properties']).some((value) => typeof value !== 'string'),
    );
    return bad
      ? wrong('a contact needs an id and properties of strings')
      : {
          status: 200,
          body: { status: 'COMPLETE', results: inputs.map(() => ({})) },
          problems: [],
          accepted: inputs.length,
        };
  }
  if (/^\/submissions\/v3\/integration\/secure\/submit\/[^/]+\/[^/]+$/.test(call.path)) {
    const fields = list(body['fields']);
    const bad =
      fields.length === 0 ||
      fields.some(
        (field) => !isObject(field) || text(field['name']) === '' || typeof field['value'] !== 'string',
      );
    return bad
      ? wrong('fields need a name and a value')
      : { status: 200, body: { inlineMessage: 'thanks' }, problems: [], accepted: 1 };
  }
  return refuse(404, 'unknown path');
};

function customEvent(input: JsonObject): string[] {
  const problems: string[] = [];
  if (!/^pe\d+_[a-z0-9_]+$/.test(text(input['eventName'])))
    problems.push('eventName is not pe{HubID}_{name}');
  if (text(input['email']) === '' && text(input['utk']) === '' && text(input['objectId']) === '')
    problems.push('nothing to associate the event with');
  const properties = input['properties'];
  if (!isObject(properties) || Object.values(properties).some((value) => typeof value !== 'string'))
    problems.push('properties are not a map of strings');
  return problems;
}

/** A webhook of the site's own: it wants JSON and a signature. */
export const webhook: VendorRules = (call) => {
  const signature = Object.values(call.headers).find((value) => /^t=\d+,v1=[0-9a-f]{64}$/.test(value ?? ''));
  if (signature === undefined) return refuse(401, 'no signature');
  return jsonBody(call) === null
    ? refuse(400, 'body is not a JSON object')
    : { status: 200, body: {}, problems: [], accepted: 1 };
};
