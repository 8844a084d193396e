// The one place where errors become answers: `application/problem+json` (RFC 9457) with a stable `code`. Only the message
// of a `GatewayError` is shown; anything else is a bug, answered as `internal` and logged under an id, without its message.

import type { Context } from 'koa';
import { ERRORS, GatewayError } from '../core/errors.ts';
import type { Answer } from '../core/plugin.ts';
import type { Log, Random } from '../core/ports.ts';
import { send } from './answer.ts';
import { ClientGone } from './body.ts';

/** Where a client is told to wait and the error does not say how long. */
const DEFAULT_RETRY_SECONDS = 5;

/** The problem document of an error; `instance` names the log line of an internal one. */
export function problem(error: GatewayError, instance?: string): Answer {
  const entry = ERRORS[error.code];
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  if (entry.status === 429 || entry.status === 503) {
    headers['access-control-expose-headers'] = 'Retry-After';
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfter ?? DEFAULT_RETRY_SECONDS)));
  }
  const body = {
    type: `urn:sluis:error:${error.code}`,
    title: entry.means,
    status: entry.status,
    detail: error.message,
    code: error.code,
    ...(instance === undefined ? {} : { instance }),
  };
  return { status: entry.status, headers, body: JSON.stringify(body) };
}

/** Where in our own source an unexpected error was thrown: `collect.ts:12:3`. Its message, which may hold received values, is cut off. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return 'unknown';
  const frames = error.stack.slice(error.stack.lastIndexOf(error.message) + error.message.length);
  return /\/([\w.-]+\.[jt]s:\d+:\d+)\)?$/m.exec(frames)?.[1] ?? 'unknown';
}

export interface ErrorPorts {
  readonly log: Log;
  readonly random: Random;
}

/** Turns whatever was thrown into an answer, logging what was not expected. */
export function problemOf(error: unknown, ports: ErrorPorts): Answer {
  if (error instanceof GatewayError) {
    if (ERRORS[error.code].status === 500) ports.log.error(error.code, { at: placeOf(error) });
    return problem(error);
  }
  const id = Buffer.from(ports.random.bytes(9)).toString('hex');
  const name = error instanceof Error ? error.name : typeof error;
  ports.log.error('internal', { id, error: name, at: placeOf(error) });
  const fault = new GatewayError(
    'internal',
    'a fault of the gateway; its log names it under the id in `instance`',
  );
  return problem(fault, `urn:sluis:fault:${id}`);
}

/** Answers an error, if there is still somebody to answer. Headers set before it (CORS, Allow) stay. */
export function answerError(ctx: Context, error: unknown, ports: ErrorPorts): void {
  if (!(error instanceof ClientGone || ctx.res.headersSent) && ctx.writable)
    return send(ctx, problemOf(error, ports));
  if (!(error instanceof ClientGone || error instanceof GatewayError)) problemOf(error, ports);
}
