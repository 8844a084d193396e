// What both listeners have in common: a Koa application whose outermost layer answers errors, checks the request's form
// and knows what is in flight, and whose innermost says 404, 405 and OPTIONS for a router's paths.

import type { RequestListener } from 'node:http';
import type { Router } from '@koa/router';
import Koa from 'koa';
import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import { GatewayError } from '../core/errors.ts';
import { send } from './answer.ts';
import { answerError } from './errors.ts';
import type { ErrorPorts } from './errors.ts';
import type { InFlight } from './listener.ts';
import { settleTarget } from './request.ts';

/** What Node would refuse without a word. */
function checkForm({ req }: Context): void {
  settleTarget(req);
  if (req.headers.host === undefined && req.httpVersionMajor === 1 && req.httpVersionMinor > 0)
    throw new GatewayError('bad_request', 'send a `host` header');
  const { expect } = req.headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    throw new GatewayError('expectation_failed', 'the only expectation taken is 100-continue');
}

/** Methods by path of a router's own routes. */
function methodsByPath(router: Router): ReadonlyMap<string, string> {
  const found = new Map<string, Set<string>>();
  for (const { path, methods } of router.stack) {
    if (typeof path !== 'string') continue;
    const known = found.get(path) ?? new Set();
    for (const method of methods) known.add(method);
    found.set(path, known);
  }
  return new Map([...found].map(([path, methods]) => [path, [...methods, 'OPTIONS'].join(', ')]));
}

/** Comes last: what no route took. */
function elsewise(router: Router): Middleware {
  const served = methodsByPath(router);
  return (ctx) => {
    const allow = served.get(ctx.path);
    if (allow !== undefined || ctx.path === '*') ctx.res.setHeader('allow', allow ?? 'GET, HEAD, OPTIONS');
    if (ctx.method === 'OPTIONS' && (allow !== undefined || ctx.path === '*'))
      return send(ctx, { status: 204, headers: {}, body: null });
    if (allow === undefined) throw new GatewayError('not_found', 'nothing is served at this path');
    throw new GatewayError('method_not_allowed', 'use one of the methods in `allow`');
  };
}

export interface Layers {
  /** Ahead of the router. */
  readonly before: readonly Middleware[];
  readonly router: Router;
}

/** Layers around a request's context, the outermost first. Whatever they throw is answered, and they answer by `send` alone. */
export function application(
  { before, router }: Layers,
  ports: ErrorPorts,
  inFlight: InFlight,
): RequestListener {
  // One layer rather than three: each costs every event.
  const outermost: Middleware = async (ctx, next) => {
    inFlight.begin();
    try {
      checkForm(ctx);
      await next();
    } catch (error) {
      answerError(ctx, error, ports);
    } finally {
      inFlight.end();
    }
  };
  const app = new Koa();
  for (const layer of [outermost, ...before, router.routes(), elsewise(router)]) app.use(layer);
  const handle = compose(app.middleware);
  return (request, response) => void handle(app.createContext(request, response));
}
