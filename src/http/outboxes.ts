// Dead letters over the admin listener, for `sluis outbox` beside a running gateway: which there are, and back to the queue
// with them. What changes something is taken as JSON and never from another page.

import type { Router } from '@koa/router';
import type { Context } from 'koa';
import { GatewayError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import { json, send } from './answer.ts';
import { BodyBudget, withBody } from './body.ts';
import type { AdminPorts } from './ports.ts';
import { headerOf, targetOf } from './request.ts';

const BODY_BYTES = 1_048_576;
const MOST = 1000;
const DEFAULT = 100;

/** Browsers send JSON across origins only after a preflight, which is never answered here; and they name their page. */
function checkSender(ctx: Context): void {
  const origin = headerOf(ctx.req, 'origin');
  if (origin !== null && URL.parse(origin)?.host !== headerOf(ctx.req, 'host'))
    throw new GatewayError('origin_not_allowed', 'this is not for pages of other origins');
  if (!/^application\/json\s*(?:;|$)/i.test(headerOf(ctx.req, 'content-type') ?? ''))
    throw new GatewayError('unsupported_media_type', 'send `content-type: application/json`');
}

/** Null for what is not JSON. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return null;
  }
}

async function idsOf(ctx: Context, budget: BodyBudget): Promise<readonly string[]> {
  const value = await withBody(ctx, { bytes: BODY_BYTES, budget }, parsed);
  const ids = isObject(value) ? value['ids'] : null;
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids;
  throw new GatewayError('unreadable_body', 'send an object with `ids`, a list of strings');
}

function limitOf(text: string | null): number {
  const limit = text === null ? DEFAULT : Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new GatewayError('unreadable_query', `\`limit\` is a number from 1 to ${MOST}`);
  return limit;
}

export function outboxRoutes(router: Router, ports: AdminPorts): void {
  const budget = new BodyBudget(4 * BODY_BYTES);
  router.get('/api/outbox/dead', async (ctx) => {
    const query = new URLSearchParams(targetOf(ctx.req).query);
    const limit = limitOf(query.get('limit'));
    const destination = query.get('destination');
    const dead = await ports.outbox.find({
      state: 'dead',
      limit,
      ...(destination === null ? {} : { destination }),
    });
    send(ctx, json({ dead }));
  });
  router.post('/api/outbox/replay', async (ctx) => {
    checkSender(ctx);
    send(ctx, json({ requeued: await ports.outbox.requeue(await idsOf(ctx, budget)) }));
  });
}
