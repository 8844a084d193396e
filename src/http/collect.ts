// The ingest path, in one Koa middleware ahead of the router: route, body, protocol, site, cookies, events, durable append,
// answer. Once an event is completely read it is appended whether or not the client still waits; a 2xx means kept.

import type { Context, Middleware } from 'koa';
import { GatewayError } from '../core/errors.ts';
import type { Answer, IntakeRequest, Opened } from '../core/plugin.ts';
import { send } from './answer.ts';
import type { HeaderList } from './answer.ts';
import { ClientGone, readBody } from './body.ts';
import type { BodyBudget } from './body.ts';
import { IN_STEP } from './burst.ts';
import type { Burst } from './burst.ts';
import type { CookieValues } from './cookies.ts';
import { allowOrigin, allowPreflight, crossOriginHeaders } from './cors.ts';
import type { RateLimiter } from './limits.ts';
import type { PublicPorts } from './ports.ts';
import type { Prepare, Prepared } from './prepared.ts';
import { addressOf, plainHeaders, siteOf, targetOf } from './request.ts';
import type { Target } from './request.ts';
import { intakePaths } from './routes.ts';
import type { IntakeHandler, IntakePath } from './routes.ts';

export interface Shared {
  readonly ports: PublicPorts;
  readonly prepare: Prepare;
  readonly limiter: RateLimiter;
  readonly budget: BodyBudget;
  /** Requests that are read: see `Burst`. */
  readonly reading: Burst;
}

/** One request under one snapshot. */
interface Call {
  readonly ctx: Context;
  readonly target: Target;
  readonly prepared: Prepared;
  readonly handler: IntakeHandler;
  readonly ip: string | null;
  /** Wall clock and monotonic ms. */
  readonly receivedAt: number;
  readonly startedAt: number;
  /** What a failure counts against; filled in as the request becomes known. */
  readonly tally: { site: string; events: number };
}

const EMPTY = new Uint8Array(0);
const NO_COOKIES: CookieValues = Object.freeze({});

/** Events of one request, and the calls of it that were refused. */
type Found = ReturnType<Opened['read']>;

/** Everything that can be wrong with a request is found here, before anything of it is kept. */
function open({ ctx, prepared, tally, handler }: Call, request: IntakeRequest, ports: PublicPorts): Found {
  const { protocol } = handler;
  const opened = protocol.open(request);
  const { site, fromServer } = siteOf(ctx.req, prepared, opened.hints);
  tally.site = site.name;
  const cookies = prepared.cookies(ctx.req.headers.cookie);
  const found = opened.read({
    site,
    fromServer,
    idCookies: site.cookies ? cookies.ids : NO_COOKIES,
    consentCookies: cookies.consent,
  });
  const { events, rejected } = found;
  tally.events = events.length;
  ports.metrics.received(site.name, protocol.name, events.length + rejected.length);
  for (const { code } of rejected) ports.metrics.rejected(site.name, protocol.name, code, 1);
  return found;
}

/** What was refused as a whole is counted under its code: one, until the number of its events is known. */
function countRefused({ tally, handler }: Call, error: unknown, { metrics }: PublicPorts): void {
  if (handler.document !== null || tally.events === 0 || error instanceof ClientGone) return;
  const code = error instanceof GatewayError ? error.code : 'internal';
  metrics.rejected(tally.site, handler.protocol.name, code, tally.events);
}

const requestOf = (call: Call, method: IntakeRequest['method'], body: Uint8Array): IntakeRequest => ({
  method,
  path: call.target.path,
  query: call.target.query,
  headers: plainHeaders(call.ctx.req),
  body,
  ip: call.ip,
  receivedAt: call.receivedAt,
  limits: call.prepared.snapshot.server.limits,
});

/** What a client said, in bytes: consent comes by cookies, too. */
const sizeOf = ({ ctx: { req } }: Call, { body, query }: IntakeRequest): number =>
  body.length + query.length + (req.headers.cookie?.length ?? 0);

/** Reads the body of a POST and keeps its events, or answers with a document. One promise for all of it, as it runs so often. */
async function answerTo(call: Call, shared: Shared): Promise<Answer> {
  const { ctx, prepared, handler } = call;
  const { ports } = shared;
  const { limits } = prepared.snapshot.server;
  const share = shared.budget.share();
  try {
    shared.limiter(call.ip, limits);
    const method = ctx.req.method === 'POST' ? 'POST' : 'GET';
    const bounds = { bytes: limits.bodyBytes, share };
    const body = method === 'POST' ? await readBody(ctx.req, ctx.res, bounds) : EMPTY;
    const request = requestOf(call, method, body);
    if (handler.document !== null) {
      const { site } = siteOf(ctx.req, prepared, handler.document.hints(request));
      return handler.document.answer(request, site);
    }
    await shared.reading.next();
    const { events, rejected } = open(call, request, ports);
    await IN_STEP;
    // Events are kept or the whole request fails.
    if (events.length > 0) await ports.accept(events, sizeOf(call, request));
    call.tally.events = 0; // kept: nothing that goes wrong from here on rejects them
    ports.metrics.acceptSeconds(handler.protocol.name, (ports.clock.monotonic() - call.startedAt) / 1000);
    return handler.protocol.answer({ accepted: events.length, rejected, request });
  } catch (error) {
    countRefused(call, error, ports);
    throw error;
  } finally {
    share.release();
  }
}

/** Preflights and other questions about a path; null where the request itself is to be handled. */
function answerWithoutReading({ req, res }: Context, entry: IntakePath, prepared: Prepared): Answer | null {
  const nothing: Answer = { status: 204, headers: {}, body: null };
  if (req.method === 'OPTIONS') {
    if (allowOrigin(req, res, prepared.origins)) allowPreflight(req, res, entry.allow);
    return { ...nothing, headers: { allow: entry.allow } };
  }
  // A HEAD is a question, never an event.
  return req.method === 'HEAD' && entry.get?.document === null ? nothing : null;
}

function handlerOf(ctx: Context, entry: IntakePath): IntakeHandler {
  const { method } = ctx.req;
  const handler = method === 'POST' ? entry.post : method === 'GET' || method === 'HEAD' ? entry.get : null;
  if (handler !== null) return handler;
  ctx.res.setHeader('allow', entry.allow);
  throw new GatewayError('method_not_allowed', 'use one of the methods in `allow`');
}

function setHeaders({ res }: Context, list: HeaderList): void {
  for (let at = 0; at < list.length; at += 2) res.setHeader(list[at] ?? '', list[at + 1] ?? '');
}

export function collect(shared: Shared): Middleware {
  const { ports } = shared;
  const find = intakePaths(ports.protocols);
  const callOf = (ctx: Context, entry: IntakePath, on: Pick<Call, 'target' | 'prepared'>): Call => ({
    ctx,
    target: on.target,
    prepared: on.prepared,
    handler: handlerOf(ctx, entry),
    ip: addressOf(ctx.req, on.prepared),
    receivedAt: ports.clock.now(),
    startedAt: ports.clock.monotonic(),
    tally: { site: '', events: 1 },
  });
  const serve = async (ctx: Context, entry: IntakePath, target: Target): Promise<void> => {
    const prepared = shared.prepare();
    const besides = crossOriginHeaders(ctx.req, prepared.origins);
    const sends = ctx.req.method === 'POST' || ctx.req.method === 'GET';
    if (!sends) setHeaders(ctx, besides);
    try {
      const short = sends ? null : answerWithoutReading(ctx, entry, prepared);
      const answer = short ?? (await answerTo(callOf(ctx, entry, { target, prepared }), shared));
      send(ctx, answer, sends ? besides : undefined);
    } catch (error) {
      setHeaders(ctx, besides); // errors are answered further out, and a page may read them too
      throw error;
    }
  };
  return (ctx, next) => {
    const target = targetOf(ctx.req);
    const entry = find(target.path);
    return entry === null ? next() : serve(ctx, entry, target);
  };
}
