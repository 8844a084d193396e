// Puts an answer on the wire, with the headers that every page of the gateway carries.

import type { Context } from 'koa';
import type { Answer } from '../core/plugin.ts';

/** For documents: nothing inline, nothing framed, nothing from elsewhere. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

export function send(ctx: Context, answer: Answer): void {
  ctx.status = answer.status;
  for (const name in answer.headers) ctx.res.setHeader(name, answer.headers[name] ?? '');
  const { body } = answer;
  // Koa takes null for 204 and would write a bare Uint8Array as JSON.
  if (body === null) ctx.body = answer.status === 204 || answer.status === 304 ? null : '';
  else
    ctx.body = typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (body === null) ctx.res.removeHeader('content-type');
}

/** Names and values in turn, as `writeHead` takes them. */
export type HeaderList = readonly string[];

/**
 * Puts an answer on the wire at once, with the headers given besides. Koa would set and ask for each part by itself, a tenth of
 * what an event costs in the listener. An answer whose client has left is left to Koa.
 */
export function write(ctx: Context, answer: Answer, besides: HeaderList): void {
  if (!ctx.writable) return;
  const { status, headers, body } = answer;
  const list = besides.slice();
  for (const name in headers) list.push(name, headers[name] ?? '');
  if (status !== 204 && status !== 304)
    list.push('Content-Length', String(body === null ? 0 : Buffer.byteLength(body)));
  ctx.res.writeHead(status, list);
  ctx.respond = false; // not before: what is thrown here still has to be answered
  if (body === null) ctx.res.end();
  else ctx.res.end(body);
}

export const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: {
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  },
  body: JSON.stringify(value),
});
