// Reads TC strings, wherever they stand, and the AC string beside them. A vendor is granted a purpose only if the purposes
// and the vendor were consented to, the vendor was disclosed and the publisher did not restrict it. Legitimate interest and an
// undisclosed purpose 1 grant nothing. Age is judged on every read; what the string says is remembered.

import type { Answer, Answers, Claim, ConsentInput, Purpose } from '../core/consent.ts';
import type { PurposeMapping } from '../core/config.ts';
import type { ConsentReader, ReadContext } from '../core/plugin.ts';
import { consentedProviders } from './ac.ts';
import { remembered } from './cache.ts';
import { answersBy, claimOf, denialOf, rowsOf, unreadable, vendorsOf } from './claims.ts';
import { COOKIEBOT_COOKIE, embeddedTcString } from './cmp/cookiebot.ts';
import type { FaultCode } from './faults.ts';
import { cookieName, cookieValues, decoded, hasCookies, parameter, stated } from './places.ts';
import type { TcString } from './tcfString.ts';
import { decodeTcString, isSet, MAX_TC_CHARS } from './tcfString.ts';
import { hasVendor } from './vendorSet.ts';

const DAY_MS = 86_400_000;
/** The framework began on the day the GDPR did. */
const BEGINNING = Date.UTC(2018, 4, 25);
/** Strings created after 28 February 2026 must say who was disclosed. */
const DISCLOSURE_REQUIRED_FROM = Date.UTC(2026, 2, 1);
const MAX_AGE_MONTHS = 13;
/** Dates are UTC midnights of a local "today", and clocks are wrong. */
const FUTURE_MS = 2 * DAY_MS;
const LOWEST_POLICY = 4;
/** Ids 12 to 24 have no meaning yet, so nothing may rest on them. */
const HIGHEST_PURPOSE = 11;

const TC_COOKIES = ['euconsent-v2', 'eupubconsent-v2'] as const;
const AC_COOKIE = 'OTAdditionalConsentString';

/** What does not depend on the clock, in the order in which it is told. */
function standingFault(tc: TcString): FaultCode | null {
  if (!tc.isServiceSpecific) return 'tcf_global_scope';
  if (tc.cmpId < 2) return 'tcf_cmp';
  if (tc.policyVersion < LOWEST_POLICY) return 'tcf_policy';
  return null;
}

/** The last instant at which a string of this day still counts: the same day of the month, or the month's last. */
function endOf(lastUpdated: number): number {
  const day = new Date(lastUpdated);
  const month = day.getUTCMonth() + MAX_AGE_MONTHS;
  const lastOfMonth = new Date(Date.UTC(day.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return Date.UTC(day.getUTCFullYear(), month, Math.min(day.getUTCDate(), lastOfMonth));
}

function ageFault(tc: Pick<TcString, 'created' | 'lastUpdated'>, now: number): FaultCode | null {
  if (tc.created < BEGINNING || tc.lastUpdated < BEGINNING) return 'tcf_expired';
  if (tc.created > now + FUTURE_MS || tc.lastUpdated > now + FUTURE_MS) return 'tcf_future';
  return now > endOf(tc.lastUpdated) ? 'tcf_expired' : null;
}

const lacksDisclosure = (tc: TcString): boolean =>
  tc.vendorsDisclosed === null && tc.created >= DISCLOSURE_REQUIRED_FROM;

/** Why a string of readable layout may not count at `now`; null if it may. */
export function validityFault(tc: TcString, now: number): FaultCode | null {
  return standingFault(tc) ?? ageFault(tc, now) ?? (lacksDisclosure(tc) ? 'tcf_no_disclosed' : null);
}

/** A TCF purpose by the number the mapping has as text; 0 matches nothing. */
function purposeNumber(text: string): number {
  const id = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  return id <= HIGHEST_PURPOSE ? id : 0;
}

const vendorNumber = (text: string): number => (/^\d{1,5}$/.test(text) ? Number(text) : 0);

function consented(tc: TcString, text: string): Answer {
  const id = purposeNumber(text);
  if (id === 1 && tc.purposeOneTreatment) return 'denied';
  return isSet(tc.purposeConsents, id, 24) ? 'granted' : 'denied';
}

/** TCF purposes that the publisher took from this vendor, or put on a basis that is not consent. */
function restricted(tc: TcString, vendor: number): ReadonlySet<number> {
  const taken = new Set<number>();
  for (const { purpose, type, vendors } of tc.restrictions)
    if (type !== 1 && hasVendor(vendors, vendor)) taken.add(purpose);
  return taken;
}

function vendorAnswers(
  tc: TcString,
  vendor: number,
  {
    rows,
    general,
  }: { readonly rows: Readonly<Record<Purpose, readonly string[]>>; readonly general: Answers },
): Answers {
  const disclosed = tc.vendorsDisclosed === null || hasVendor(tc.vendorsDisclosed, vendor);
  if (!disclosed || !hasVendor(tc.vendorConsents, vendor)) return denialOf(Object.keys(general));
  const taken = restricted(tc, vendor);
  const answers: Record<Purpose, Answer> = {};
  for (const purpose of Object.keys(general)) {
    const free = (rows[purpose] ?? []).every((text) => !taken.has(purposeNumber(text)));
    answers[purpose] = free ? (general[purpose] ?? 'denied') : 'denied';
  }
  return answers;
}

const LISTS = ['tcf', 'ac'] as const;
const listed = (list: (typeof LISTS)[number], ids: readonly string[], answers: Answers) =>
  Object.fromEntries(ids.map((id) => [`${list}:${id}`, answers]));

/** Denies every mapped purpose, in general and for every vendor of the lists. */
function refusal(mapping: PurposeMapping, code: FaultCode): Claim {
  const denial = unreadable('tcf', code, Object.keys(rowsOf(mapping, 'tcf')));
  const vendors = {
    ...listed('tcf', vendorsOf(mapping, 'tcf'), denial.purposes),
    ...listed('ac', vendorsOf(mapping, 'ac'), denial.purposes),
  };
  return { ...denial, vendors, vendorLists: LISTS, vendorsOnly: true };
}

/** An AC string that cannot be read denies the providers it could have named, beside a TC string that stays good. */
const acRefusal = (mapping: PurposeMapping): Claim => ({
  ...unreadable('tcf', 'ac_malformed', []),
  vendors: listed('ac', vendorsOf(mapping, 'ac'), denialOf(Object.keys(rowsOf(mapping, 'tcf')))),
  vendorLists: ['ac'],
  vendorsOnly: true,
});

function claimsOf(tc: TcString, ac: string | null, mapping: PurposeMapping): readonly Claim[] {
  const rows = rowsOf(mapping, 'tcf');
  const general = answersBy(rows, (text) => consented(tc, text));
  const vendors: Record<string, Answers> = {};
  for (const id of vendorsOf(mapping, 'tcf'))
    vendors[`tcf:${id}`] = vendorAnswers(tc, vendorNumber(id), { rows, general });
  const providers = ac === null ? null : consentedProviders(ac, vendorsOf(mapping, 'ac'));
  if (providers !== null)
    for (const id of vendorsOf(mapping, 'ac'))
      vendors[`ac:${id}`] = providers.has(id) ? general : denialOf(Object.keys(general));
  const claim = claimOf('tcf', general, {
    vendors,
    vendorLists: providers === null ? ['tcf'] : LISTS,
    vendorsOnly: true,
    dated: { at: Math.floor(tc.lastUpdated / DAY_MS) * DAY_MS, precision: 'day' },
  });
  return ac !== null && providers === null ? [claim, acRefusal(mapping)] : [claim];
}

/** What a string says whenever it is read, and what is needed to judge whether it counts now. */
interface Reading {
  readonly fault: FaultCode | null;
  readonly created: number;
  readonly lastUpdated: number;
  readonly lacksDisclosure: boolean;
  readonly claims: readonly Claim[];
}

function readingOf(text: string, ac: string | null, mapping: PurposeMapping): Reading {
  const result = decodeTcString(text);
  if (!result.ok)
    return { fault: result.code, created: 0, lastUpdated: 0, lacksDisclosure: false, claims: [] };
  const { created, lastUpdated } = result.value;
  const fault = standingFault(result.value);
  const claims = fault === null ? claimsOf(result.value, ac, mapping) : [];
  return { fault, created, lastUpdated, lacksDisclosure: lacksDisclosure(result.value), claims };
}

/** A TC string as it was found, with the AC string of the same place. */
interface Found {
  readonly tc: unknown;
  readonly ac: string | null;
}

const NONE: readonly Found[] = [];

/** An AC value that is no string cannot be read; the empty one says nothing. */
function acOf(value: unknown): string | null {
  if (value === undefined || value === '') return null;
  return typeof value === 'string' ? value : '?';
}

function inCookies(input: ConsentInput, mapping: PurposeMapping): readonly Found[] {
  if (!hasCookies(input)) return NONE;
  const ac = cookieValues(input, AC_COOKIE)[0];
  const companion = ac === undefined ? null : (decoded(ac) ?? '?');
  const names = new Set<string>([...TC_COOKIES, cookieName(mapping, 'tcf', TC_COOKIES[0])]);
  const found: Found[] = [];
  for (const name of names)
    for (const value of cookieValues(input, name))
      // other tools keep other things under these names; TC strings begin with their version
      if (value.startsWith('C') || value.startsWith('B')) found.push({ tc: value, ac: companion });
  for (const value of cookieValues(input, cookieName(mapping, 'cookiebot', COOKIEBOT_COOKIE))) {
    const tc = embeddedTcString(value);
    if (tc !== null) found.push({ tc, ac: null });
  }
  return found;
}

/** Every TC string of the input, each with each AC string once. */
export function findTcStrings(input: ConsentInput, mapping: PurposeMapping): readonly Found[] {
  const found: Found[] = [];
  const add = (each: Found): void => {
    if (!found.some((other) => other.tc === each.tc && other.ac === each.ac)) found.push(each);
  };
  const tc = stated(input, 'tcf');
  if (tc !== undefined) add({ tc, ac: acOf(stated(input, 'ac')) });
  const query = parameter(input, 'gdpr_consent');
  if (query !== undefined) add({ tc: query, ac: acOf(parameter(input, 'addtl_consent')) });
  for (const each of inCookies(input, mapping)) add(each);
  return found;
}

function claimsFor({ tc, ac }: Found, context: ReadContext): readonly Claim[] {
  const { mapping, now } = context;
  if (typeof tc !== 'string') return [refusal(mapping, 'tcf_malformed')];
  if (tc.length > MAX_TC_CHARS) return [refusal(mapping, 'tcf_too_long')];
  const texts = ac === null ? [tc] : [tc, ac];
  const reading = remembered({ mapping, format: 'tcf', texts }, () => readingOf(tc, ac, mapping));
  const fault =
    reading.fault ?? ageFault(reading, now) ?? (reading.lacksDisclosure ? 'tcf_no_disclosed' : null);
  return fault === null ? reading.claims : [refusal(mapping, fault)];
}

export const tcf: ConsentReader = {
  source: 'tcf',
  cookies: [...TC_COOKIES, AC_COOKIE, COOKIEBOT_COOKIE],
  read(input, context) {
    const found = findTcStrings(input, context.mapping);
    return found.length === 0 ? [] : found.flatMap((each) => claimsFor(each, context));
  },
};
