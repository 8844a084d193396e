// Small builders for intake requests and their contexts.

import type { IntakeContext, IntakeRequest } from '../../src/core/plugin.ts';
import { NOW, site, snapshot } from '../support/snapshot.ts';

export const LIMITS = snapshot().server.limits;

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text or bytes as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly ip?: string | null;
  readonly receivedAt?: number;
  readonly limits?: Partial<IntakeRequest['limits']>;
}

function bytes(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

export const request = (asked: Asked = {}): IntakeRequest => ({
  method: asked.method ?? 'POST',
  path: asked.path ?? '/v1/track',
  query: asked.query ?? '',
  headers: asked.headers ?? {},
  body: bytes(asked.body),
  ip: asked.ip === undefined ? '203.0.113.7' : asked.ip,
  receivedAt: asked.receivedAt ?? NOW,
  limits: { ...LIMITS, ...asked.limits },
});

export const context = (
  over: Partial<Omit<IntakeContext, 'site'>> = {},
  tags: readonly string[] = ['G-ABC123'],
): IntakeContext => ({
  site: site({ tags }),
  fromServer: false,
  idCookies: {},
  consentCookies: {},
  ...over,
});
