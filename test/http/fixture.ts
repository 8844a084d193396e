// Real listeners on loopback with plain objects behind their ports, and a client that shows every byte it gets.

import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import type { Snapshot } from '../../src/core/config.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { ReceivedEvent } from '../../src/core/event.ts';
import type { IntakeContext, IntakeProtocol, IntakeRequest } from '../../src/core/plugin.ts';
import type { ConsentRecord, LogFields, Metrics } from '../../src/core/ports.ts';
import type { AdminPorts, ConsentChange, PublicPorts } from '../../src/http/ports.ts';
import { createAdminServer, createPublicServer } from '../../src/http/server.ts';
import { received } from '../support/events.ts';
import { NOW, snapshot } from '../support/snapshot.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): Record<string, unknown>;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

export function ask(port: number, { method = 'GET', path, headers = {}, body }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: { ...headers }, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = (): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>; // tests look closer
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** Sends bytes as they are and resolves with everything that came back once the server closes. */
export async function raw(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  await closed;
  return Buffer.concat(chunks).toString('latin1');
}

export async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Waits for a condition, without a bare sleep of its own: it looks again on every turn of the event loop. */
export async function until(condition: () => boolean, withinMs = 5000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface FakeBody {
  readonly writeKey?: string;
  readonly tag?: string;
  readonly events?: readonly string[];
  readonly bad?: number;
}

/** What the fake protocol was given, request by request. */
export interface Seen {
  readonly request: IntakeRequest;
  context: IntakeContext | null;
}

const parse = (request: IntakeRequest): FakeBody => {
  if (request.method === 'GET') return Object.fromEntries(new URLSearchParams(request.query));
  try {
    const value: unknown = JSON.parse(Buffer.from(request.body).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // told below
  }
  throw new GatewayError('unreadable_body', 'the body must be a JSON object');
};

/** `{ writeKey?, tag?, events: [names], bad: how many to reject }` at `/v1/fake`, a GET pixel, and a document. */
export function fakeProtocol(seen: Seen[]): IntakeProtocol {
  return {
    name: 'fake',
    routes: [
      { method: 'POST', path: '/v1/fake' },
      { method: 'GET', path: '/v1/pixel' },
    ],
    wireFields: {},
    open(request) {
      const body = parse(request);
      const entry: Seen = { request, context: null };
      seen.push(entry);
      return {
        hints: {
          writeKeys: body.writeKey === undefined ? [] : [body.writeKey],
          tags: body.tag === undefined ? [] : [body.tag],
        },
        read(context) {
          entry.context = context;
          const names = Array.isArray(body.events) ? body.events : ['page_view'];
          const events: ReceivedEvent[] = names.map((name) =>
            received({ name: String(name), site: context.site.name, intake: 'fake' }),
          );
          const rejected = Array.from({ length: body.bad ?? 0 }, (_, index) => ({
            index,
            code: 'invalid_event' as const,
            message: 'an event needs a name',
          }));
          return { events, rejected };
        },
      };
    },
    answer: ({ accepted, rejected }) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ success: true, accepted, rejected }),
    }),
    documents: [
      {
        route: { method: 'GET', path: '/v1/projects/:writeKey/settings' },
        hints: (request) => ({ writeKeys: [request.path.split('/')[3] ?? ''], tags: [] }),
        answer: (_request, site) => ({
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ site: site.name }),
        }),
      },
    ],
  };
}

export interface Told {
  readonly level: string;
  readonly code: string;
  readonly fields: LogFields;
}

export interface Stage {
  readonly ports: PublicPorts;
  readonly seen: Seen[];
  readonly accepted: ReceivedEvent[];
  readonly logged: Told[];
  /** `name(labels) count` */
  readonly counted: string[];
  readonly changes: ConsentChange[];
}

export const log = (logged: Told[]) => {
  const at =
    (level: string) =>
    (code: string, fields: LogFields = {}): void =>
      void logged.push({ level, code, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

const metrics = (counted: string[]): Metrics => ({
  received: (site, intake, count) => void counted.push(`received(${site},${intake}) ${count}`),
  rejected: (...[site, intake, code, count]) =>
    void counted.push(`rejected(${site},${intake},${code}) ${count}`),
  decided: () => {},
  treated: () => {},
  linkBlocked: () => {},
  delivered: () => {},
  deliverySeconds: () => {},
  acceptSeconds: (intake) => void counted.push(`acceptSeconds(${intake})`),
  visitsHeld: () => {},
  consentSignal: () => {},
  configReload: () => {},
  configInfo: () => {},
});

export const clock = { now: () => NOW, monotonic: () => performance.now() };
export const random = { fraction: () => 0.5, bytes: (count: number) => new Uint8Array(count).fill(7) };

/** Records as JSON in base64url: what they say matters here, not the signature. */
export const records = {
  issue: (record: ConsentRecord) => Buffer.from(JSON.stringify(record)).toString('base64url'),
  open: (token: string): ConsentRecord | null => {
    try {
      return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as ConsentRecord; // written by `issue` above
    } catch {
      return null;
    }
  },
};

export function stage(over: Partial<PublicPorts> = {}): Stage {
  const seen: Seen[] = [];
  const accepted: ReceivedEvent[] = [];
  const logged: Told[] = [];
  const counted: string[] = [];
  const changes: ConsentChange[] = [];
  const config = snapshot();
  const ports: PublicPorts = {
    snapshot: () => config,
    protocols: [fakeProtocol(seen)],
    accept: async (events) => {
      accepted.push(...events);
      return { accepted: events.length, duplicates: 0 };
    },
    recordings: { formats: [], take: () => Promise.reject(new Error('this test takes no recordings')) },
    metrics: metrics(counted),
    log: log(logged),
    clock,
    random,
    records,
    readiness: async () => [],
    consentChanged: async (change) => void changes.push(change),
    isConsentCookie: (name) => name === 'cc_cookie',
    secureCookies: true,
    pages: [],
    permittedTags: () => ({ tags: [], recordings: [], refused: [] }),
    scripts: [],
    ...over,
  };
  return { ports, seen, accepted, logged, counted, changes };
}

/** Starts the public listener for one test. */
export async function start(t: ExecutionContext, ports: PublicPorts): Promise<number> {
  const server = createPublicServer(ports);
  t.teardown(() => server.close(500));
  return (await server.listen()).port;
}

export async function startAdmin(t: ExecutionContext, ports: AdminPorts): Promise<number> {
  const server = createAdminServer(ports);
  t.teardown(() => server.close(500));
  return (await server.listen()).port;
}

/** A snapshot whose limits differ. */
export const withLimits = (limits: Partial<Snapshot['server']['limits']>): (() => Snapshot) => {
  const { server, ...rest } = snapshot();
  const changed: Snapshot = { ...rest, server: { ...server, limits: { ...server.limits, ...limits } } };
  return () => changed;
};

export const event = (over: FakeBody = {}): string =>
  JSON.stringify({ writeKey: 'shop-web', events: ['purchase'], ...over });

export const post = (body: string | Uint8Array, headers: Record<string, string> = {}): Ask => ({
  method: 'POST',
  path: '/v1/fake',
  headers,
  body,
});
