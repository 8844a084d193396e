// Consent records: the gateway's own signed tokens, and records that a page or a server states in the event. A signed record,
// or one that came under a server key, grants explicit purposes by name; a page's unsigned one grants only ordinary purposes.

import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { GatewaySecret, PurposeMapping } from '../core/config.ts';
import type { Answer, Claim, Purpose } from '../core/consent.ts';
import type { Json } from '../core/json.ts';
import { isObject } from '../core/json.ts';
import type { ConsentReader, ReadContext } from '../core/plugin.ts';
import type { ConsentRecord, RecordKeeper } from '../core/ports.ts';
import { claimOf, unreadable } from './claims.ts';
import { isoInstant, msInstant } from './dates.ts';
import type { FaultCode } from './faults.ts';
import { cookieValues, field, stated } from './places.ts';

const SOURCE = 'record';
/** First-party cookie that holds the signed token. */
export const RECORD_COOKIE = 'sluis_consent';

const VERSION = 'v1';
const MAX_TOKEN_CHARS = 4096;
const KEY_LABEL = 'sluis consent record v1';
/** Notice ids that need not be in the routing file any more: config words, so that no address passes for one. */
const NOTICE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The key for signing records and nothing else; the gateway's secret itself signs nothing. */
const keyFrom = (secret: GatewaySecret): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', secret.value.reveal(), '', KEY_LABEL, 32)));

const signature = (key: KeyObject, signed: string): Buffer =>
  createHmac('sha256', key).update(signed).digest();

function recordFrom(value: unknown): ConsentRecord | null {
  if (!isObject(value)) return null;
  const { id, site, notice, givenAt, purposes } = value;
  if (typeof id !== 'string' || typeof site !== 'string' || typeof notice !== 'string') return null;
  if (typeof givenAt !== 'number' || msInstant(givenAt) === null || !isObject(purposes)) return null;
  const given: Record<string, boolean> = {};
  for (const [purpose, answer] of Object.entries(purposes)) {
    if (typeof answer !== 'boolean' || purpose === '__proto__') return null;
    given[purpose] = answer;
  }
  return { id, site, notice, givenAt, purposes: given };
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

/** `v1.<key id>.<payload>.<signature>`; a key id may have dots, the other parts cannot. */
function partsOf(token: string): { signed: string; keyId: string; payload: string; mac: string } | null {
  if (token.length > MAX_TOKEN_CHARS || !token.startsWith(`${VERSION}.`)) return null;
  const macDot = token.lastIndexOf('.');
  const payloadDot = token.lastIndexOf('.', macDot - 1);
  const keyId = token.slice(VERSION.length + 1, Math.max(payloadDot, 0));
  const payload = token.slice(payloadDot + 1, macDot);
  const mac = token.slice(macDot + 1);
  if (keyId === '' || !/^[\w-]+$/.test(payload) || !/^[\w-]{43}$/.test(mac)) return null;
  return { signed: token.slice(0, macDot), keyId, payload, mac };
}

/** Issues records under the first secret and opens those of all. */
export function recordKeeper(secrets: readonly GatewaySecret[]): RecordKeeper {
  const keys = new Map(secrets.map((secret) => [secret.id, keyFrom(secret)]));
  const current = secrets[0]?.id ?? '';
  return {
    issue({ id, site, notice, givenAt, purposes }) {
      const key = keys.get(current);
      if (key === undefined) throw new Error('no secret to sign consent records with');
      const payload = Buffer.from(JSON.stringify({ id, site, notice, givenAt, purposes })).toString(
        'base64url',
      );
      const signed = `${VERSION}.${current}.${payload}`;
      return `${signed}.${signature(key, signed).toString('base64url')}`;
    },
    open(token) {
      const parts = partsOf(token);
      const key = parts === null ? undefined : keys.get(parts.keyId);
      if (parts === null || key === undefined) return null;
      // compared as text: decoding first would let other spellings of the same bytes pass
      const expected = signature(key, parts.signed).toString('base64url');
      if (!timingSafeEqual(Buffer.from(expected), Buffer.from(parts.mac))) return null;
      return recordFrom(parsed(parts.payload));
    },
  };
}

/** The purposes of each mapping, put together once. */
const known = new WeakMap<
  PurposeMapping,
  { readonly purposes: readonly Purpose[]; readonly every: readonly Purpose[] }
>();

/** A record may name any purpose, so one that cannot be read denies every purpose the gateway knows. */
export function everyPurpose({ purposes, mapping }: ReadContext): readonly Purpose[] {
  let found = known.get(mapping);
  if (found?.purposes !== purposes) {
    const mapped = Object.values(mapping.sources).flatMap((rows) => Object.keys(rows));
    found = { purposes, every: [...new Set([...purposes, ...mapped])] };
    known.set(mapping, found);
  }
  return found.every;
}

const refused = (code: FaultCode, context: ReadContext): Claim =>
  unreadable(SOURCE, code, everyPurpose(context));

interface Statement {
  readonly notice: string | null;
  readonly givenAt: number | null;
  readonly purposes: Json;
  readonly proven: boolean;
}

function claimFor(statement: Statement, context: ReadContext): Claim {
  const purposes: Record<Purpose, Answer> = {};
  // only purposes the gateway knows: a record's other words rest nowhere
  for (const purpose of everyPurpose(context)) {
    const given = field(statement.purposes, purpose);
    if (given !== undefined && typeof given !== 'boolean') return refused('record_malformed', context);
    if (given !== undefined) purposes[purpose] = given ? 'granted' : 'denied';
  }
  const granted = Object.keys(purposes).filter((purpose) => purposes[purpose] === 'granted');
  return claimOf(SOURCE, purposes, {
    byName: statement.proven ? granted : [],
    notice: statement.notice,
    dated: statement.givenAt === null ? null : { at: statement.givenAt, precision: 'instant' },
  });
}

function signedClaim(token: string, context: ReadContext): Claim {
  if (partsOf(token) === null) return refused('record_malformed', context);
  const record = context.openRecord(token);
  if (record === null) return refused('record_forged', context);
  if (record.site !== context.site.name) return refused('record_other_site', context);
  return { ...claimFor({ ...record, proven: true }, context), record: record.id };
}

/** Undefined where it cannot be read; null where it is not there. */
function givenAtOf(value: Json | undefined): number | null | undefined {
  if (value === undefined) return null;
  const at =
    typeof value === 'string' ? isoInstant(value) : typeof value === 'number' ? msInstant(value) : null;
  return at ?? undefined;
}

function noticeOf(value: Json | undefined, context: ReadContext): string | null | undefined {
  if (value === undefined) return null;
  if (typeof value !== 'string') return undefined;
  return NOTICE_ID.test(value) || context.notices.some(({ id }) => id === value) ? value : undefined;
}

function statedClaim(record: Json, context: ReadContext, fromServer: boolean): Claim {
  const purposes = field(record, 'purposes');
  const givenAt = givenAtOf(field(record, 'givenAt'));
  const notice = noticeOf(field(record, 'notice'), context);
  if (purposes === undefined || !isObject(purposes) || givenAt === undefined || notice === undefined)
    return refused('record_malformed', context);
  const proven = fromServer || context.site.records === 'inline';
  return claimFor({ notice, givenAt, purposes, proven }, context);
}

export const record: ConsentReader = {
  source: SOURCE,
  cookies: [RECORD_COOKIE],
  read(input, context) {
    const value = stated(input, 'record');
    const claims: Claim[] = [];
    if (typeof value === 'string') claims.push(signedClaim(value, context));
    else if (value !== undefined) claims.push(statedClaim(value, context, input.fromServer));
    const tokens = new Set(cookieValues(input, RECORD_COOKIE).filter((token) => token !== value));
    for (const token of tokens) claims.push(signedClaim(token, context));
    return claims;
  },
};
