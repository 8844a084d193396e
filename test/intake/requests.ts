// Small builders for intake requests and their contexts.

import type {
  IntakeContext,
  IntakeDocument,
  IntakeProtocol,
  IntakeRequest,
  IntakeRoute,
} from '../../src/core/plugin.ts';
import { INTAKE_PROTOCOLS } from '../../src/intake/index.ts';
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

/** A `:name` segment stands for anything but nothing. */
const takes = (route: IntakeRoute, method: string, path: string): boolean =>
  route.method === method && new RegExp(`^${route.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path);

const PROTOCOLS: readonly IntakeProtocol[] = INTAKE_PROTOCOLS;

export const protocolOf = (method: string, path: string): IntakeProtocol | undefined =>
  PROTOCOLS.find(({ routes }) => routes.some((route) => takes(route, method, path)));

export const documentAt = (path: string): IntakeDocument | undefined =>
  PROTOCOLS.flatMap(({ documents }) => documents).find(({ route }) => takes(route, 'GET', path));
