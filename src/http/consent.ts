// `/v1/consent`: the visitor's own record as a signed token, issued, read back and taken away. Changing it needs a listed
// Origin and JSON, so that no form of another site can do it; each no is told on before the answer goes out.

import type { Context } from 'koa';
import { noticeInForce } from '../core/config.ts';
import type { Notice, Site, Snapshot } from '../core/config.ts';
import { RECORD_COOKIE } from '../core/consent.ts';
import { GatewayError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Answer } from '../core/plugin.ts';
import type { ConsentRecord } from '../core/ports.ts';
import { json } from './answer.ts';
import { withBody } from './body.ts';
import type { Shared } from './collect.ts';
import type { Prepared } from './prepared.ts';
import { headerOf, siteOf, targetOf } from './request.ts';

export const CONSENT_METHODS = 'GET, HEAD, PUT, DELETE, OPTIONS';

const BODY_BYTES = 16_384;
const TOKEN_CHARS = 4096;

interface Choice {
  readonly notice: Notice;
  readonly purposes: Readonly<Record<string, boolean>>;
}

const invalid = (message: string): GatewayError => new GatewayError('invalid_consent', message);

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new GatewayError('unreadable_body', 'the body is not JSON in UTF-8');
  }
}

/** Every purpose named must be known, every answer a boolean, and the notice one that visitors can have seen. */
function readChoice(bytes: Uint8Array, snapshot: Snapshot, now: number): Choice {
  const body = parse(bytes);
  if (!isObject(body) || !isObject(body['purposes']))
    throw new GatewayError('unreadable_body', 'send an object with `purposes`, an object of true and false');
  const purposes: Record<string, boolean> = {};
  for (const [purpose, answer] of Object.entries(body['purposes'])) {
    if (!snapshot.consent.purposes.includes(purpose))
      throw invalid('a purpose is not one of the routing file');
    if (typeof answer !== 'boolean') throw new GatewayError('unreadable_body', 'answers are true or false');
    purposes[purpose] = answer;
  }
  if (Object.keys(purposes).length === 0) throw invalid('name at least one purpose');
  const named = body['notice'];
  const notice =
    named === undefined || named === null
      ? noticeInForce(snapshot.notices, now)
      : (snapshot.notices.find(({ id, from }) => id === named && from <= now) ?? null);
  if (notice === null) throw invalid('no such notice is or was in force');
  return { notice, purposes };
}

/** Changing consent is for pages of the site only. A write key in the query tells sites apart that share an origin. */
function ownSite(ctx: Context, prepared: Prepared): Site {
  const origin = headerOf(ctx.req, 'origin');
  if (origin === null || !prepared.origins.has(origin))
    throw new GatewayError('origin_not_allowed', 'consent is changed from a page of the site only');
  const key = new URLSearchParams(targetOf(ctx.req).query).get('writeKey');
  return siteOf(ctx.req, prepared, { writeKeys: key === null ? [] : [key], tags: [] }).site;
}

function cookieOf(token: string, maxAgeMs: number, secure: boolean): string {
  const seconds = Math.floor(maxAgeMs / 1000);
  return `${RECORD_COOKIE}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

const described = (token: string, record: ConsentRecord): Answer =>
  json({
    record: token,
    notice: record.notice,
    givenAt: new Date(record.givenAt).toISOString(),
    purposes: record.purposes,
  });

const NO_RECORD = json({ record: null, notice: null, givenAt: null, purposes: {} });

/** Tells of a no; if that fails nothing is acknowledged, and the client tries again. */
async function tell(
  ctx: Context,
  shared: Shared,
  no: { site: Site; prepared: Prepared; denied: readonly string[] },
) {
  if (no.denied.length === 0) return;
  const cookies = no.prepared.cookies(ctx.req.headers.cookie);
  await shared.ports.consentChanged({
    site: no.site,
    snapshot: no.prepared.snapshot,
    at: shared.ports.clock.now(),
    denied: no.denied,
    idCookies: no.site.cookies ? cookies.ids : {},
    consentCookies: cookies.consent,
  });
}

export async function putConsent(ctx: Context, shared: Shared, prepared: Prepared): Promise<Answer> {
  const { ports, budget } = shared;
  const { snapshot } = prepared;
  const site = ownSite(ctx, prepared);
  if (!/^application\/json\s*(?:;|$)/i.test(headerOf(ctx.req, 'content-type') ?? ''))
    throw new GatewayError('unsupported_media_type', 'send `content-type: application/json`');
  const { now, notice, purposes } = await withBody(ctx, { bytes: BODY_BYTES, budget }, (body) => {
    const at = ports.clock.now();
    return { now: at, ...readChoice(body, snapshot, at) };
  });
  const id = Buffer.from(ports.random.bytes(16)).toString('base64url');
  const record: ConsentRecord = { id, site: site.name, notice: notice.id, givenAt: now, purposes };
  const denied = Object.keys(purposes).filter((purpose) => purposes[purpose] === false);
  await tell(ctx, shared, { site, prepared, denied });
  const token = ports.records.issue(record);
  ctx.res.setHeader('set-cookie', cookieOf(token, snapshot.consent.maxAgeMs, ports.secureCookies));
  return described(token, record);
}

/** Tokens a client may hold: the one it names, else those of its cookies. */
function tokensOf(ctx: Context, prepared: Prepared): readonly string[] {
  const bearer = /^Bearer\s+([\w.~+/=-]+)$/i.exec(headerOf(ctx.req, 'authorization') ?? '')?.[1];
  const tokens =
    bearer === undefined ? (prepared.cookies(ctx.req.headers.cookie).consent[RECORD_COOKIE] ?? []) : [bearer];
  return tokens.filter((token) => token.length <= TOKEN_CHARS);
}

export function getConsent(ctx: Context, shared: Shared, prepared: Prepared): Answer {
  const origin = headerOf(ctx.req, 'origin');
  if (origin !== null && !prepared.origins.has(origin))
    throw new GatewayError('origin_not_allowed', 'no site lists the origin of this page');
  let newest: { token: string; record: ConsentRecord } | null = null;
  for (const token of tokensOf(ctx, prepared)) {
    const record = shared.ports.records.open(token);
    const site = prepared.snapshot.sites.find(({ name }) => name === record?.site);
    if (record === null || site === undefined || (origin !== null && !site.origins.includes(origin)))
      continue;
    if (newest === null || record.givenAt > newest.record.givenAt) newest = { token, record };
  }
  return newest === null ? NO_RECORD : described(newest.token, newest.record);
}

/** Taking the record away says no to everything it may have granted. */
export async function deleteConsent(ctx: Context, shared: Shared, prepared: Prepared): Promise<Answer> {
  const site = ownSite(ctx, prepared);
  await tell(ctx, shared, { site, prepared, denied: prepared.snapshot.consent.purposes });
  ctx.res.setHeader('set-cookie', cookieOf('', 0, shared.ports.secureCookies));
  return { status: 204, headers: { 'cache-control': 'no-store' }, body: null };
}
