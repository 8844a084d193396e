// The admin listener: metrics, health, console page and the JSON it lives on. Bound to loopback it answers to loopback
// names only, which keeps pages of the web from reading it through a name of their own; elsewhere it demands a token.

import { createHash, timingSafeEqual } from 'node:crypto';
import { Router } from '@koa/router';
import ipaddr from 'ipaddr.js';
import type { Context, Middleware } from 'koa';
import { consolePage } from '../console/page.ts';
import { CONSOLE_SCRIPT } from '../console/script.ts';
import { CONSOLE_STYLE } from '../console/style.ts';
import { shownDecisions } from '../console/view.ts';
import type { ServerConfig } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { Answer } from '../core/plugin.ts';
import type { StoreStats } from '../core/ports.ts';
import { json, PAGE_HEADERS, send } from './answer.ts';
import { health } from './health.ts';
import { outboxRoutes } from './outboxes.ts';
import type { AdminPorts } from './ports.ts';
import { headerOf } from './request.ts';
import { hostName } from './site.ts';

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const bare = host.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === 'loopback';
}

/** An admin listener that others can reach has to have tokens. */
export function checkAdminAddress(server: ServerConfig): void {
  if (!isLoopback(server.admin.host) && server.adminTokens.length === 0)
    throw new GatewayError(
      'config_invalid',
      'set `server.adminTokens`, or bind `server.admin` to a loopback address',
    );
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The token of a scraper (Bearer), or the password that a browser asks its user for (Basic). */
function givenToken(ctx: Context): string | null {
  const value = headerOf(ctx.req, 'authorization') ?? '';
  const [, scheme, rest] = /^(Bearer|Basic)\s+(\S+)$/i.exec(value) ?? [];
  if (scheme === undefined || rest === undefined) return null;
  if (scheme.toLowerCase() === 'bearer') return rest;
  const pair = Buffer.from(rest, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? null : pair.slice(colon + 1);
}

function hasToken(ctx: Context, server: ServerConfig): boolean {
  const given = givenToken(ctx);
  if (given === null) return false;
  const wanted = digest(given);
  // All are compared, so that the time taken does not tell which one was nearly right.
  return server.adminTokens.filter((token) => timingSafeEqual(digest(token.reveal()), wanted)).length > 0;
}

const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Probes answer anyone: they say nothing but yes, no and a code. */
export function adminGuard(ports: AdminPorts): Middleware {
  const bound = ports.snapshot().server.admin.host;
  const loopback = isLoopback(bound);
  return (ctx, next) => {
    if (PROBES.has(ctx.path)) return next();
    if (loopback) {
      const host = hostName(headerOf(ctx.req, 'host') ?? '');
      if (!isLoopback(host))
        throw new GatewayError('host_not_allowed', 'use a loopback address or `localhost`');
    } else if (!hasToken(ctx, ports.snapshot().server)) {
      ctx.res.setHeader('www-authenticate', 'Basic realm="sluis", Bearer realm="sluis"');
      throw new GatewayError('unauthorized', 'send a token of `server.adminTokens`');
    }
    return next();
  };
}

function configReport(ports: AdminPorts): Answer {
  const snapshot = ports.snapshot();
  return json({
    digest: snapshot.digest,
    sites: snapshot.sites.map(({ name }) => name),
    notices: snapshot.notices.map(({ id, from }) => ({ id, from: new Date(from).toISOString() })),
    destinations: snapshot.destinations.map(({ name, type, enabled, requires }) => ({
      name,
      type,
      enabled,
      requires,
    })),
    reload: ports.reload(),
  });
}

/** Numbers for people: a store that cannot be asked now must not take the page away. */
const statsOrNull = (ports: AdminPorts): Promise<StoreStats | null> => ports.stats().catch(() => null);

async function page(ports: AdminPorts): Promise<Answer> {
  const snapshot = ports.snapshot();
  const html = consolePage({
    decisions: shownDecisions(await ports.feed.recent()),
    stats: await statsOrNull(ports),
    digest: snapshot.digest,
    reload: ports.reload(),
    now: ports.clock.now(),
  });
  return {
    status: 200,
    headers: { ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body: html,
  };
}

const asset = (type: string, body: string): Answer => ({
  status: 200,
  headers: { ...PAGE_HEADERS, 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' },
  body,
});

export function adminRoutes(ports: AdminPorts): Router {
  const router = new Router();
  outboxRoutes(router, ports);
  const state = health(ports.readiness, ports.clock);
  router.get('/healthz', (ctx) => send(ctx, state.alive()));
  router.get('/readyz', async (ctx) => send(ctx, await state.ready()));
  router.get('/metrics', async (ctx) => {
    const body = await ports.exposition.text();
    send(ctx, {
      status: 200,
      headers: { 'content-type': ports.exposition.contentType, 'cache-control': 'no-store' },
      body,
    });
  });
  router.get('/api/decisions', async (ctx) =>
    send(ctx, json({ decisions: shownDecisions(await ports.feed.recent()) })),
  );
  router.get('/api/stats', async (ctx) =>
    send(ctx, json({ at: ports.clock.now(), store: await statsOrNull(ports) })),
  );
  router.get('/api/config', (ctx) => send(ctx, configReport(ports)));
  router.get('/', async (ctx) => send(ctx, await page(ports)));
  router.get('/console.js', (ctx) => send(ctx, asset('text/javascript', CONSOLE_SCRIPT)));
  router.get('/console.css', (ctx) => send(ctx, asset('text/css', CONSOLE_STYLE)));
  router.get('/favicon.ico', (ctx) => send(ctx, { status: 204, headers: {}, body: null })); // browsers ask by themselves
  return router;
}
