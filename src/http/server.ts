// The two listeners. Public: intake paths first, in one middleware of their own, then the router with everything else.
// Admin: metrics, health, console and its API, behind its guard.

import type { IncomingMessage } from 'node:http';
import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Answer } from '../core/plugin.ts';
import { adminGuard, adminRoutes, checkAdminAddress } from './admin.ts';
import { PAGE_HEADERS, send } from './answer.ts';
import { application } from './application.ts';
import { BodyBudget } from './body.ts';
import { Burst } from './burst.ts';
import { collect } from './collect.ts';
import type { Shared } from './collect.ts';
import { CONSENT_METHODS, deleteConsent, getConsent, putConsent } from './consent.ts';
import { allowOrigin, allowPreflight, crossOriginHeaders } from './cors.ts';
import { health } from './health.ts';
import { rateLimiter } from './limits.ts';
import { createListener, InFlight } from './listener.ts';
import type { Listener } from './listener.ts';
import type { AdminPorts, PublicPorts } from './ports.ts';
import { preparer } from './prepared.ts';
import type { Prepared } from './prepared.ts';
import { recording } from './recording.ts';
import { addressOf } from './request.ts';
import { scriptServer } from './scripts.ts';
import { getTags, TAGS_METHODS } from './tags.ts';

/** Bodies held at once, as a multiple of the largest one: 256 MB by default. */
const BODIES_AT_ONCE = 64;
/** Of recordings, which are larger, by the same measure: whoever sends them slowly leaves events their room. */
const RECORDED_AT_ONCE = 32;

type VisitorHandler = (ctx: Context, shared: Shared, prepared: Prepared) => Answer | Promise<Answer>;

/** CORS and the client's rate, around what is answered to one visitor. */
const visitorRoute =
  (shared: Shared, handler: VisitorHandler): Middleware =>
  async (ctx) => {
    const prepared = shared.prepare();
    allowOrigin(ctx.req, ctx.res, prepared.origins);
    ctx.res.setHeader('vary', 'Origin, Cookie, Authorization, Sec-GPC');
    shared.limiter(addressOf(ctx.req, prepared), prepared.snapshot.server.limits);
    send(ctx, await handler(ctx, shared, prepared));
  };

const preflight =
  (shared: Shared, methods: string): Middleware =>
  (ctx) => {
    if (allowOrigin(ctx.req, ctx.res, shared.prepare().origins)) allowPreflight(ctx.req, ctx.res, methods);
    send(ctx, { status: 204, headers: { allow: methods }, body: null });
  };

/** What no route takes is an error that a page of a site may read, too. */
const readable =
  (shared: Shared): Middleware =>
  (ctx, next) => {
    allowOrigin(ctx.req, ctx.res, shared.prepare().origins);
    return next();
  };

function publicRouter(shared: Shared): Router {
  const { ports } = shared;
  const router = new Router();
  const state = health(ports.readiness, ports.clock);
  router.get('/healthz', (ctx) => send(ctx, state.alive()));
  router.get('/readyz', async (ctx) => send(ctx, await state.ready()));
  router.options('/v1/consent', preflight(shared, CONSENT_METHODS));
  router.get('/v1/consent', visitorRoute(shared, getConsent));
  router.put('/v1/consent', visitorRoute(shared, putConsent));
  router.delete('/v1/consent', visitorRoute(shared, deleteConsent));
  router.options('/v1/tags', preflight(shared, TAGS_METHODS));
  router.get('/v1/tags', visitorRoute(shared, getTags));
  for (const script of ports.scripts) {
    const answer = scriptServer(script);
    router.get(script.path, (ctx) => send(ctx, answer(ctx.req)));
  }
  for (const page of ports.pages)
    router.get(page.path, (ctx) => {
      const answer = page.answer();
      send(ctx, { ...answer, headers: { ...PAGE_HEADERS, ...answer.headers } });
    });
  return router;
}

/** One of several listeners at one port: connections spread over them, and what is bounded in all is shared out evenly. */
export interface Binding {
  readonly port: number;
  readonly among: number;
}

/** Header size, time-outs and the number of connections are those of the snapshot at this moment; other limits follow reloads. */
export function createPublicServer(ports: PublicPorts, binding?: Binding): Listener {
  const { listen, limits } = ports.snapshot().server;
  const among = binding?.among ?? 1;
  const room = (bodies: number): number => limits.bodyBytes * Math.max(1, Math.floor(bodies / among));
  // One has to fit, packed and unpacked.
  const upload = 2 * Math.max(0, ...ports.recordings.formats.map(({ bodyBytes }) => bodyBytes));
  const recorded = new BodyBudget(Math.max(upload, room(RECORDED_AT_ONCE)));
  const shared: Shared = {
    ports,
    prepare: preparer(ports),
    limiter: rateLimiter(ports.clock),
    budget: new BodyBudget(room(BODIES_AT_ONCE)),
    reading: new Burst(),
  };
  const inFlight = new InFlight();
  const layers = {
    before: [collect(shared), recording({ ...shared, budget: recorded }), readable(shared)],
    router: publicRouter(shared),
  };
  const handler = application(layers, ports, inFlight);
  const besides = (request: IncomingMessage) => crossOriginHeaders(request, shared.prepare().origins);
  const connections = Math.ceil(limits.connections / among);
  return createListener(handler, inFlight, {
    ...listen,
    port: binding?.port ?? listen.port,
    shared: binding !== undefined,
    limits: { ...limits, connections },
    besides,
  });
}

/** Throws `config_invalid` if the address is not loopback and there are no tokens. */
export function createAdminServer(ports: AdminPorts): Listener {
  const { server } = ports.snapshot();
  checkAdminAddress(server);
  const inFlight = new InFlight();
  const layers = { before: [adminGuard(ports)], router: adminRoutes(ports) };
  const handler = application(layers, ports, inFlight);
  return createListener(handler, inFlight, { ...server.admin, limits: server.limits });
}
