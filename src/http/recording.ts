// Uploads of session recordings, beside the intake paths: the same origins, limits and counts, but the client waits for the vendor and
// is answered in its own words. It sends again what fails with 5xx, so nothing but a want of room or a vendor that is away does.

import type { Context, Middleware } from 'koa';
import { ERRORS, GatewayError } from '../core/errors.ts';
import type { Answer } from '../core/plugin.ts';
import { END } from '../core/recording.ts';
import type { RecordingFormat, UploadAnswer, UploadCall } from '../core/recording.ts';
import { send } from './answer.ts';
import { ClientGone, readBody } from './body.ts';
import type { Share } from './body.ts';
import type { Shared } from './collect.ts';
import { allowOrigin, allowPreflight, crossOriginHeaders } from './cors.ts';
import { problemOf } from './errors.ts';
import type { Prepared } from './prepared.ts';
import { addressOf, plainHeaders, siteOf, targetOf } from './request.ts';
import { receivedUpload } from './upload.ts';

const ALLOW = 'POST, OPTIONS';

/** One request under one snapshot. */
interface Call {
  readonly ctx: Context;
  readonly query: string;
  readonly prepared: Prepared;
  readonly format: RecordingFormat;
  readonly ip: string | null;
  /** Wall clock ms. */
  readonly receivedAt: number;
  /** What a failure counts against; empty until it is known. */
  readonly tally: { site: string };
}

/** Who may send and how often is answered as everywhere, and so is what may be sent again; anything else wrong ends the recording. */
const isTold = ({ code }: GatewayError): boolean => {
  const { status } = ERRORS[code];
  return status === 401 || status === 403 || status === 408 || status === 429 || status === 503;
};

interface Body {
  readonly bytes: Uint8Array;
  readonly packed: boolean;
}

async function bodyOf({ ctx: { req, res }, format }: Call, share: Share): Promise<Body> {
  let packed = false;
  const onPacked = (): void => void (packed = true);
  const bytes = await readBody(req, res, { bytes: format.bodyBytes, share, onPacked });
  return { bytes, packed };
}

/** All of the request, read; who may not speak for a site is refused here. */
function open(call: Call, { bytes, packed }: Body, { ports }: Shared): UploadCall {
  const { ctx, prepared, format, tally, query, ip, receivedAt } = call;
  const upload = format.open(bytes);
  const { site } = siteOf(ctx.req, prepared, upload.hints);
  tally.site = site.name;
  ports.metrics.received(site.name, format.name, 1);
  const headers = plainHeaders(ctx.req);
  const cookies = prepared.cookies(ctx.req.headers.cookie);
  const { limits } = prepared.snapshot.server;
  const request = { body: bytes, packed, query, headers, cookies, ip, receivedAt, limits };
  return receivedUpload({ format, upload }, request, site);
}

/** Resolves once the upload has been taken, with what will be answered to it: nothing holds its body from then on. */
async function take(call: Call, shared: Shared): Promise<{ readonly answer: Promise<UploadAnswer> }> {
  const share = shared.budget.share();
  try {
    shared.limiter(call.ip, call.prepared.snapshot.server.limits);
    const body = await bodyOf(call, share);
    return { answer: shared.ports.recordings.take(open(call, body, shared)) };
  } finally {
    share.release();
  }
}

async function answerTo(call: Call, shared: Shared): Promise<UploadAnswer> {
  const { ports } = shared;
  try {
    const { answer } = await take(call, shared);
    return await answer;
  } catch (error) {
    if (error instanceof ClientGone) throw error;
    const code = error instanceof GatewayError ? error.code : 'internal';
    ports.metrics.rejected(call.tally.site, call.format.name, code, 1);
    if (error instanceof GatewayError && isTold(error)) throw error;
    if (!(error instanceof GatewayError)) problemOf(error, ports); // logs it
    return END;
  }
}

const isEnd = (text: string): boolean => text.split('\n').includes(END.text);

/** In the words of its client; one that has words of its own for the end is told nothing else. */
function answered({ status, text }: UploadAnswer, { ended }: RecordingFormat): Answer {
  if (status === 204 || (ended !== undefined && !isEnd(text)))
    return { status: 204, headers: { 'cache-control': 'no-store' }, body: null };
  const { type, text: body } = ended ?? { type: 'text/plain; charset=utf-8', text };
  return {
    status,
    headers: { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' },
    body,
  };
}

function preflight({ req, res }: Context, { origins }: Prepared): Answer {
  if (allowOrigin(req, res, origins)) allowPreflight(req, res, ALLOW);
  return { status: 204, headers: { allow: ALLOW }, body: null };
}

async function serve(ctx: Context, format: RecordingFormat, shared: Shared): Promise<void> {
  const { clock } = shared.ports;
  const prepared = shared.prepare();
  const besides = crossOriginHeaders(ctx.req, prepared.origins);
  for (let at = 0; at < besides.length; at += 2) ctx.res.setHeader(besides[at] ?? '', besides[at + 1] ?? '');
  if (ctx.req.method === 'OPTIONS') return send(ctx, preflight(ctx, prepared));
  if (ctx.req.method !== 'POST') {
    ctx.res.setHeader('allow', ALLOW);
    throw new GatewayError('method_not_allowed', 'use one of the methods in `allow`');
  }
  const { query } = targetOf(ctx.req);
  const ip = addressOf(ctx.req, prepared);
  const tally = { site: '' };
  const call = { ctx, query, prepared, format, ip, receivedAt: clock.now(), tally };
  send(ctx, answered(await answerTo(call, shared), format));
}

/** Throws if two formats claim one path: that is a mistake in the registry. */
export function recording(shared: Shared): Middleware {
  const byPath = new Map<string, RecordingFormat>();
  for (const format of shared.ports.recordings.formats)
    for (const { path } of format.routes) {
      if (byPath.has(path)) throw new Error(`two recording formats claim \`${path}\``);
      byPath.set(path, format);
    }
  return (ctx, next) => {
    const format = byPath.get(targetOf(ctx.req).path);
    return format === undefined ? next() : serve(ctx, format, shared);
  };
}
