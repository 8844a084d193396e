// Reads the JSON cases of a destination type and runs one: settings, events and instant in; requests, refusals and the
// meaning of answers out. `exemplary/` cases are documentation and expect no errors; `edge/` holds the rest.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { destinationType } from '../../src/destinations/index.ts';
import type { Destination } from '../../src/core/config.ts';
import type { Reply, Result, VendorRequest } from '../../src/core/delivery.ts';
import { PermittedEvent, type PermittedData } from '../../src/core/permitted.ts';
import type { PersonField } from '../../src/core/person.ts';
import type { Built, DestinationType } from '../../src/core/plugin.ts';
import { permittedData } from '../support/events.ts';
import { destination, NOW } from '../support/snapshot.ts';

export interface Case {
  /** What it shows, in one sentence. */
  readonly shows: string;
  readonly settings: unknown;
  readonly destination?: Partial<Destination>;
  readonly now?: string;
  readonly events: readonly Partial<PermittedData>[];
  /** By index of event; those not placed would end as `no_identifier`. Default: all placed. */
  readonly unplaced?: readonly number[];
  readonly requests: readonly unknown[];
  readonly refused?: Built['refused'];
  /** Uploads of recordings that the type takes: what is known of each beside its body, and how it goes out. */
  readonly sendings?: readonly {
    readonly packed: boolean;
    readonly origin: string | null;
    readonly person: Readonly<Partial<Record<PersonField, string>>>;
    readonly request: { readonly address: string; readonly headers: Readonly<Record<string, string>> };
  }[];
  readonly replies?: readonly {
    readonly to?: number;
    readonly reply: { status: number; headers?: Record<string, string>; body?: unknown };
    readonly results: readonly Result[];
  }[];
}

/** What a directory entry of a type is called: type and file stem. */
export interface Found {
  readonly type: string;
  readonly kind: 'exemplary' | 'edge';
  readonly file: string;
  readonly content: Case;
}

export function findCases(type: string): readonly Found[] {
  return (['exemplary', 'edge'] as const).flatMap((kind) => {
    const folder = join(import.meta.dirname, type, kind);
    return readdirSync(folder).map((file) => ({
      type,
      kind,
      file,
      content: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case, // the shape is what the cases are written to
    }));
  });
}

export interface Prepared {
  readonly entry: DestinationType;
  readonly settings: unknown;
  readonly destination: Destination;
}

/** Parses settings by the type's own schema, as the config would. */
export function prepare(type: string, settings: unknown, over: Partial<Destination> = {}): Prepared {
  const entry = destinationType(type);
  if (entry === undefined) throw new Error(`no destination type \`${type}\``);
  const parsed = entry.settings.parse(settings);
  const demands = entry.demands === 'stated' ? ['analytics'] : entry.demands;
  const { audience, system } = entry;
  const base = { name: type, type, requires: demands, audience, system, settings: parsed };
  return { entry, settings: parsed, destination: destination({ ...base, ...over }) };
}

export const build = (
  { entry, settings, destination }: Prepared,
  data: readonly PermittedData[],
  now: number,
): Built =>
  entry.build(
    data.map((one) => PermittedEvent.permit(one)),
    { settings, destination, now },
  );

const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split('&').map((part) => {
      const at = part.indexOf('=');
      return [decodeURIComponent(part.slice(0, at)), decodeURIComponent(part.slice(at + 1))];
    }),
  );

/** A request as cases write it: query and form lines decoded, JSON bodies parsed, secrets masked. */
export function readable(request: VendorRequest): unknown {
  const [url, query] = request.url.split('?');
  const json = request.headers['content-type'] === 'application/json' || request.url === 'log:';
  const { body } = request;
  const lines = json || body === null || body === '' ? [] : body.split('\r\n').map(pairs);
  return JSON.parse(
    JSON.stringify({
      method: request.method,
      url,
      ...(query === undefined ? {} : { query: pairs(query) }),
      headers: request.headers,
      auth: request.auth,
      events: request.events,
      ...(json ? { body: JSON.parse(body ?? 'null') } : { lines }),
    }),
  );
}

const replyOf = ({
  status,
  headers = {},
  body,
}: {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}): Reply => ({
  status,
  headers,
  body: typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body),
});

/** What a case's settings and events build, at its instant. */
export function buildCase({ type, content }: Pick<Found, 'type' | 'content'>) {
  const prepared = prepare(type, content.settings, content.destination);
  const data = content.events.map((over) => permittedData({ destination: type, ...over }));
  const now = content.now === undefined ? NOW : Date.parse(content.now);
  return { prepared, data, now, built: build(prepared, data, now) };
}

export function runCase(t: ExecutionContext, found: Found): void {
  const { content } = found;
  const { prepared, data, now, built } = buildCase(found);
  t.deepEqual(built.requests.map(readable), content.requests);
  t.deepEqual(built.refused, content.refused ?? []);
  t.deepEqual(build(prepared, data, now), built, 'the same again');
  const unplaced = data.flatMap((one, index) =>
    prepared.entry.canPlace(one, prepared.settings) ? [] : [index],
  );
  t.deepEqual(unplaced, [...(content.unplaced ?? [])]);
  for (const { request, ...sending } of content.sendings ?? []) {
    const { destination: to, settings, entry } = prepared;
    const sent = entry.recording?.request({ ...sending, destination: to, settings });
    t.deepEqual(JSON.parse(JSON.stringify(sent ?? null)), request); // secrets as `***`
  }
  for (const { to = 0, reply, results } of content.replies ?? []) {
    const request = built.requests[to];
    if (request === undefined) throw new Error(`no request ${to} to answer`);
    t.deepEqual(prepared.entry.read(replyOf(reply), request), results, `answer ${reply.status}`);
  }
  if (found.kind === 'exemplary') {
    t.deepEqual(built.refused, []);
    for (const { results } of content.replies ?? [])
      t.true(results.every(({ kind }) => kind === 'delivered'));
  }
}
