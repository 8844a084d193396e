// What one line of `explain` asks: the request that a site would have sent, as far as the line tells it, and the clock to judge
// it by. Reads only; the intake protocols decide what the request holds.

import { GatewayError } from './core/errors.ts';
import { isObject } from './core/json.ts';
import type { Json, JsonObject } from './core/json.ts';
import type { IntakeRequest } from './core/plugin.ts';
import { readInstant } from './intake/clock.ts';

export interface Question {
  readonly request: IntakeRequest;
  readonly cookieHeader: string | undefined;
  readonly site: string | null;
  /** False: the line names no `receivedAt`, so each event's own time is the clock. */
  readonly clockGiven: boolean;
}

export const badLine = (message: string): GatewayError => new GatewayError('unreadable_body', message);

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

const object = (value: Json | undefined): JsonObject =>
  isObject(value ?? null) ? (value as JsonObject) : {}; // checked here

const textOf = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

function headersOf(value: Json | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, each] of Object.entries(object(value)))
    headers[name.toLowerCase()] = (Array.isArray(each) ? each : [each]).map(textOf).join(', ');
  return headers;
}

function parsed(body: string): JsonObject {
  try {
    return object(JSON.parse(body) as Json); // whatever JSON.parse gives is Json
  } catch {
    return {};
  }
}

const listed = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.map((each: Json) => object(each)) : [];

/** When the body says it was sent, else the latest of the times of its events; null if it says neither. */
function ownTime(body: JsonObject): number | null {
  const sentAt = readInstant(body['sentAt']);
  if (sentAt !== null) return sentAt;
  const times = [body, ...listed(body['batch']), ...listed(body['events'])].map((each) => {
    const micros = Number(each['timestamp_micros'] ?? Number.NaN);
    const claimed = readInstant(each['timestamp']) ?? readInstant(each['originalTimestamp']);
    return claimed ?? (micros > 0 ? Math.floor(micros / 1000) : Number.NaN);
  });
  return times.reduce<number | null>(
    (latest, time) => (Number.isFinite(time) && (latest === null || time > latest) ? time : latest),
    null,
  );
}

type Wire = Pick<IntakeRequest, 'method' | 'path' | 'query' | 'headers'> & { readonly body: string };

function wireOf(given: JsonObject): Wire {
  const [path = '/', inPath = ''] = (text(given['path']) ?? '/').split('?', 2);
  const { query } = given;
  const pairs = Object.entries(object(query)).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each: Json): [string, string] => [name, textOf(each)]),
  );
  return {
    method: (text(given['method']) ?? 'POST').toUpperCase(),
    path,
    query: isObject(query ?? null) ? new URLSearchParams(pairs).toString() : (text(query) ?? inPath),
    headers: headersOf(given['headers']),
    body: textOf(given['body']),
  };
}

/** A native event as a client would have sent it; what the line says about it is no part of it. */
function wireOfEvent({ receivedAt: _clock, site: _site, ip: _ip, ...event }: JsonObject): Wire {
  const path = `/v1/${text(event['type']) ?? 'track'}`;
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', path, query: '', headers, body: JSON.stringify(event) };
}

function wireOfLine(line: JsonObject): Wire {
  if (isObject(line['http'] ?? null)) return wireOf(object(line['http']));
  return wireOfEvent(isObject(line['event'] ?? null) ? object(line['event']) : line); // a native `event` is a string
}

/** A line is `{ http }`, `{ event }` or a bare native event, with optional `site`, `receivedAt` and `ip`. */
export function questionOf(line: unknown, limits: IntakeRequest['limits'], now: number): Question {
  if (!isObject(line))
    throw badLine('a line is a JSON object: a native event, `{ "event": … }` or `{ "http": … }`');
  const { body, headers, ...wire } = wireOfLine(line);
  const { cookie, ...plain } = headers;
  const given = readInstant(line['receivedAt']);
  return {
    request: {
      ...wire,
      headers: plain,
      body: Buffer.from(body),
      ip: text(line['ip']),
      limits,
      receivedAt: given ?? ownTime(parsed(body)) ?? now,
    },
    cookieHeader: cookie,
    site: text(line['site']),
    clockGiven: given !== null,
  };
}
