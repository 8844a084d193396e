// One consent signal in, what it says out: the work of `sluis consent`. Uses the readers that decide in production, so that
// what is shown is what counts.

import type { Answers, Claim, ConsentInput } from '../core/consent.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { isObject } from '../core/json.ts';
import type { ReadContext } from '../core/plugin.ts';
import type { FaultCode, SignalCode } from './faults.ts';
import { FAULTS, meaningOf } from './faults.ts';
import { readHit } from './googleConsentMode.ts';
import { isConsentCookie } from './index.ts';
import { claimsIn } from './merge.ts';
import { findTcStrings, tcf, validityFault } from './tcf.ts';
import type { TcfListing } from './tcfListing.ts';
import { listingOf } from './tcfListing.ts';
import { decodeTcString } from './tcfString.ts';
import { readUsPrivacy } from './usPrivacy.ts';

export type SignalReport =
  | { readonly ok: true; readonly format: string; readonly purposes: Answers; readonly decoded: object }
  | {
      readonly ok: false;
      readonly code: SignalCode;
      readonly message: string;
      readonly purposes: Answers;
      /** A TC string that can be read but does not count is shown all the same. */
      readonly decoded?: TcfListing;
    };

const NOWHERE: ConsentInput = {
  consent: null,
  consentManagement: null,
  query: {},
  secGpc: null,
  cookies: {},
  fromServer: false,
};

const refused = (code: SignalCode, decoded: TcfListing | null = null): SignalReport => ({
  ok: false,
  code,
  message: meaningOf(code),
  purposes: {},
  ...(decoded === null ? {} : { decoded }),
});

const isFault = (code: string): code is FaultCode => Object.hasOwn(FAULTS, code);

/** Purposes of several claims of one signal: any denial denies. */
function purposesOf(claims: readonly Claim[]): Answers {
  const purposes: Record<string, 'granted' | 'denied'> = {};
  for (const claim of claims)
    for (const [purpose, answer] of Object.entries(claim.purposes))
      if (purposes[purpose] !== 'denied') purposes[purpose] = answer;
  return purposes;
}

function report(format: string, claims: readonly Claim[], decoded: object): SignalReport {
  const fault = claims.find((claim) => claim.unreadable !== null)?.unreadable;
  if (fault !== undefined && fault !== null) return refused(isFault(fault) ? fault : 'reader_failed');
  return { ok: true, format, purposes: purposesOf(claims), decoded };
}

function tcfReport(text: unknown, ac: Json, context: ReadContext): SignalReport {
  if (typeof text !== 'string') return refused('tcf_malformed');
  const result = decodeTcString(text);
  if (!result.ok) return refused(result.code);
  const listing = listingOf(result.value);
  const fault = validityFault(result.value, context.now);
  if (fault !== null) return refused(fault, listing);
  if (listing === null) return refused('tcf_too_many_vendors');
  return report('tcf', tcf.read({ ...NOWHERE, consent: { tcf: text, ac } }, context), listing);
}

function consentModeReport(line: JsonObject, context: ReadContext): SignalReport {
  const { gcs = null, gcd = null } = line;
  const reading = readHit(gcs ?? undefined, gcd ?? undefined);
  if (reading === null) return refused('gcm_malformed');
  const decoded = Object.fromEntries(
    Object.entries(reading).map(([type, { effective }]) => [type, effective]),
  );
  return report('gcm', claimsIn({ ...NOWHERE, consent: { gcs, gcd } }, context), decoded);
}

function gpcReport(value: Json, context: ReadContext): SignalReport {
  const claims = claimsIn({ ...NOWHERE, consent: { gpc: value } }, context);
  return report('gpc', claims, { gpc: claims.length > 0 });
}

function usPrivacyReport(value: Json, context: ReadContext): SignalReport {
  const flags = typeof value === 'string' ? readUsPrivacy(value) : null;
  if (flags === null) return refused('us_privacy_malformed');
  return report('usPrivacy', claimsIn({ ...NOWHERE, consent: { usPrivacy: value } }, context), flags);
}

/** The consent cookies of a Cookie header, raw values, in the order in which they stand. */
export function consentCookiesOf(
  header: string,
  isWanted: (name: string) => boolean,
): Record<string, readonly string[]> {
  const cookies: Record<string, string[]> = {};
  for (const pair of header.split(';')) {
    const cut = pair.indexOf('=');
    const name = pair.slice(0, Math.max(cut, 0)).trim();
    if (cut < 1 || !isWanted(name)) continue;
    const values = Object.hasOwn(cookies, name) ? cookies[name] : undefined;
    const value = pair.slice(cut + 1).trim();
    if (values === undefined) cookies[name] = [value];
    else values.push(value);
  }
  return cookies;
}

/** What one of several signals in a Cookie header says. */
const told = ({ source, purposes, vendors, byName, dated, generation }: Claim) => ({
  format: source,
  purposes,
  vendors,
  byName,
  dated: dated === null ? null : new Date(dated.at).toISOString(),
  generation,
});

function cookieReport(header: Json, context: ReadContext): SignalReport {
  if (typeof header !== 'string') return refused('unknown_signal');
  const cookies = consentCookiesOf(header, (name) => isConsentCookie(name, context.mapping));
  const input = { ...NOWHERE, cookies };
  const claims = claimsIn(input, context);
  const [first] = claims;
  if (first === undefined) return refused('no_decision');
  const [only, ...others] = findTcStrings(input, context.mapping);
  if (only !== undefined && others.length === 0 && claims.every(({ source }) => source === 'tcf'))
    return tcfReport(only.tc, only.ac, context);
  const formats = new Set(claims.map((claim) => claim.source));
  return report(formats.size === 1 ? first.source : 'cookie', claims, { signals: claims.map(told) });
}

/** What one line of `sluis consent` says. Never throws on input. */
export function readSignal(line: Json, context: ReadContext): SignalReport {
  if (!isObject(line)) return refused('unknown_signal');
  const has = (name: string) => Object.hasOwn(line, name);
  const kinds = [
    has('tcf'),
    has('gpp'),
    has('gcs') || has('gcd'),
    has('cookie'),
    has('gpc'),
    has('us_privacy'),
  ];
  if (kinds.filter(Boolean).length !== 1) return refused('unknown_signal');
  if (has('gpp')) return refused('unsupported_format');
  if (has('tcf')) return tcfReport(line['tcf'] ?? null, line['ac'] ?? null, context);
  if (has('cookie')) return cookieReport(line['cookie'] ?? null, context);
  if (has('gpc')) return gpcReport(line['gpc'] ?? null, context);
  if (has('us_privacy')) return usPrivacyReport(line['us_privacy'] ?? null, context);
  return consentModeReport(line, context);
}
