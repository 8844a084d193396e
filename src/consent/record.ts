// Consent records: the gateway's own signed tokens, and records that a page or a server states in the event. A signed record,
// or one that came under a server key, grants explicit purposes by name; a page's unsigned one grants only ordinary purposes.

import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { GatewaySecret, PurposeMapping } from '../core/config.ts';
import { RECORD_COOKIE } from '../core/consent.ts';
import type { Answer, Claim, Purpose } from '../core/consent.ts';
import type { Json } from '../core/json.ts';
import { isObject } from '../core/json.ts';
import type { ConsentReader, ReadContext } from '../core/plugin.ts';
import type { ConsentRecord, RecordKeeper } from '../core/ports.ts';
import { Recent, copied } from '../core/recent.ts';
import { claimOf, unreadable } from './claims.ts';
import { isoInstant, msInstant } from './dates.ts';
import type { FaultCode } from './faults.ts';
import { cookieValues, field, stated } from './places.ts';

const SOURCE = 'record';

const VERSION = 'v1';
const MAX_TOKEN_CHARS = 4096;
/** A browser may hold one per path and domain; each is a signature to check, for every event of a batch. */
const MAX_TOKENS = 8;
/** Tokens whose signature was found good: a visitor sends the same one with every event, and checking it costs 8 µs (measured). */
const MAX_OPENED = 8192;
/** Longer ones than we issue are checked every time. */
const MAX_OPENED_CHARS = 1024;
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
  return Object.freeze({ id, site, notice, givenAt, purposes: Object.freeze(given) });
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
  const opened = new Recent<string, ConsentRecord>(MAX_OPENED);
  const open = (token: string): ConsentRecord | null => {
    const parts = partsOf(token);
    const key = parts === null ? undefined : keys.get(parts.keyId);
    if (parts === null || key === undefined) return null;
    // compared as text: decoding first would let other spellings of the same bytes pass
    const expected = signature(key, parts.signed).toString('base64url');
    if (!timingSafeEqual(Buffer.from(expected), Buffer.from(parts.mac))) return null;
    return recordFrom(parsed(parts.payload));
  };
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
      const known = opened.get(token);
      if (known !== undefined) return known;
      const record = open(token);
      // only what was signed by us is remembered, so that nobody fills this with anything else
      if (record !== null && token.length <= MAX_OPENED_CHARS) opened.set(copied(token), record);
      return record;
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

/** What an opened record claims, under the purposes it was read by: as long as the record itself is remembered. */
const claims = new WeakMap<ConsentRecord, { readonly every: readonly Purpose[]; readonly claim: Claim }>();

function claimOfRecord(record: ConsentRecord, context: ReadContext): Claim {
  const every = everyPurpose(context);
  const known = claims.get(record);
  if (known?.every === every) return known.claim;
  const claim = { ...claimFor({ ...record, proven: true }, context), record: record.id };
  claims.set(record, { every, claim });
  return claim;
}

function signedClaim(token: string, context: ReadContext): Claim {
  const record = context.openRecord(token);
  if (record === null)
    return refused(partsOf(token) === null ? 'record_malformed' : 'record_forged', context);
  if (record.site !== context.site.name) return refused('record_other_site', context);
  return claimOfRecord(record, context);
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
    const found: Claim[] = [];
    if (typeof value === 'string') found.push(signedClaim(value, context));
    else if (value !== undefined) found.push(statedClaim(value, context, input.fromServer));
    const cookies = cookieValues(input, RECORD_COOKIE);
    if (cookies.length === 0) return found;
    const tokens = new Set(cookies);
    if (tokens.size > MAX_TOKENS) return [...found, refused('record_malformed', context)];
    for (const token of tokens) if (token !== value) found.push(signedClaim(token, context));
    return found;
  },
};
