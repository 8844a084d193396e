// The parts of a row's body as texts, and back. Members that are empty and what the head says already do not rest: a sixth of
// the bytes, each of which is copied, checked and written twice. What is put back is only what was left out.

import type { Claim, ConsentState } from '../core/consent.ts';
import { SILENT_CLAIM } from '../core/consent.ts';
import type { EventFacts } from '../core/decision.ts';
import { isObject } from '../core/json.ts';
import type { PermittedConsent, PermittedData } from '../core/permitted.ts';

/** What absent members stand for; all others have to be there. */
const NO_CLAIM: Omit<Claim, 'source'> = { purposes: {}, ...SILENT_CLAIM };
const NO_FACTS = { sensitive: false, switchedOff: [] } satisfies Partial<EventFacts>;
const NO_COMMON = { params: {}, items: [], campaign: {}, traits: {} } satisfies Partial<PermittedData>;
const NO_OWN = {
  anonymous: false,
  ids: {},
  links: {},
  person: {},
  wire: null,
} satisfies Partial<PermittedData>;

/** Undefined, which JSON leaves out, for what has no members. */
function orAbsent<T extends object>(value: T): T | undefined {
  for (const name in value) if (Object.hasOwn(value, name)) return value;
  return undefined;
}

/** Every member is named, so that a new one cannot be forgotten. */
type Members<T> = Readonly<Record<keyof T, unknown>>;

function claimText(claim: Claim): string {
  const { source, purposes, vendors, vendorLists, byName, dated, notice, generation, unreadable } = claim;
  return JSON.stringify({
    source,
    purposes: orAbsent(purposes),
    vendors: orAbsent(vendors),
    vendorLists: orAbsent(vendorLists),
    vendorsOnly: claim.vendorsOnly || undefined,
    byName: orAbsent(byName),
    dated: dated ?? undefined,
    notice: notice ?? undefined,
    generation: generation ?? undefined,
    unreadable: unreadable ?? undefined,
    record: claim.record,
  } satisfies Members<Claim>);
}

/**
 * A returning visitor's claim is the same object again, and most of a consent state is claims; what a vendor is told of consent
 * is one object for each plan.
 */
const texts = new WeakMap<Claim | PermittedConsent, string>();

function remembered<T extends Claim | PermittedConsent>(part: T, textOf: (part: T) => string): string {
  let text = texts.get(part);
  if (text === undefined) texts.set(part, (text = textOf(part)));
  return text;
}

export function consentText({ claims, label, readAt }: ConsentState): string {
  const said = claims.map((claim) => remembered(claim, claimText)).join();
  return `{"claims":[${said}],"label":${JSON.stringify(label)},"readAt":${readAt}}`;
}

/** What a row says of consent, with what its claims left out; checked by whoever reads it. */
export function consentOf(written: unknown): unknown {
  const claims = isObject(written) ? written['claims'] : null;
  if (!isObject(written) || !Array.isArray(claims)) return null;
  return {
    ...written,
    claims: claims.map((claim: unknown) => (isObject(claim) ? { ...NO_CLAIM, ...claim } : null)),
  };
}

type Facts = Omit<EventFacts, 'consent'>;

export function factsText({ type, occurredAt, sensitive, switchedOff }: Facts): string {
  const facts = { type, occurredAt, sensitive: sensitive || undefined, switchedOff: orAbsent(switchedOff) };
  return JSON.stringify(facts satisfies Members<Omit<Facts, 'site' | 'name'>>);
}

export const factsOf = (
  written: unknown,
  known: Pick<EventFacts, 'site' | 'name'> & { consent: unknown },
): unknown => (isObject(written) ? { ...NO_FACTS, ...written, ...known } : null);

/** What differs by destination; the rest is mostly the same objects for all destinations of an event. */
type Own = 'destination' | 'key' | 'anonymous' | 'ids' | 'links' | 'kept' | 'person' | 'wire';
type Common = Omit<PermittedData, Own | 'consent' | 'site'>;

export const isCommon = (a: PermittedData, b: PermittedData): boolean =>
  a.params === b.params &&
  a.items === b.items &&
  a.page === b.page &&
  a.campaign === b.campaign &&
  a.device === b.device &&
  a.traits === b.traits &&
  a.intake === b.intake &&
  a.type === b.type &&
  a.name === b.name &&
  a.occurredAt === b.occurredAt;

/** Rests once for all that have it: two thirds of what four destinations get. */
export function commonText(data: PermittedData): string {
  const { intake, type, name, occurredAt, params, items, page, campaign, device, traits } = data;
  return JSON.stringify({
    intake,
    type,
    name,
    occurredAt,
    params: orAbsent(params),
    items: orAbsent(items),
    page,
    campaign: orAbsent(campaign),
    device,
    traits: orAbsent(traits),
  } satisfies Members<Common>);
}

export function ownText({
  destination,
  key,
  anonymous,
  ids,
  links,
  kept,
  person,
  wire,
}: PermittedData): string {
  return JSON.stringify({
    destination,
    key,
    anonymous: anonymous || undefined,
    ids: orAbsent(ids),
    links: orAbsent(links),
    kept,
    person: orAbsent(person),
    wire: wire ?? undefined,
  } satisfies Members<Pick<PermittedData, Own>>);
}

export const grantedText = (consent: PermittedConsent): string => remembered(consent, JSON.stringify);

/** A permitted event of its two parts; checked by whoever reads it. */
export const dataOf = (
  common: unknown,
  own: object,
  known: Pick<PermittedData, 'site'> & { consent: unknown },
): unknown => (isObject(common) ? { ...NO_COMMON, ...common, ...NO_OWN, ...own, ...known } : null);
