// The exact shapes of what rests, checked by hand because every claim passes here. Missing, extra and wrongly typed members
// all fail: a record that is only nearly right was not written by this gateway.

import type { Claim, ConsentLabel, ConsentState, Dated } from '../core/consent.ts';
import type { EventFacts } from '../core/decision.ts';
import type { Page, Wire } from '../core/event.ts';
import type { PermittedConsent, PermittedData } from '../core/permitted.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const object: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const mapOf =
  (check: Check): Check =>
  (value) =>
    object(value) && Object.values(Object(value)).every(check);

const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** An object with these members and no others. The compiler asks for a check of every member of the type. */
const exactly = <T>(checks: Readonly<Record<keyof T & string, Check>>): Check => {
  const fields: Readonly<Record<string, Check>> = checks;
  const expected = Object.entries<Check>(checks);
  return (value) => {
    if (!object(value)) return false;
    const members: Readonly<Record<string, unknown>> = Object(value);
    return (
      Object.keys(members).every((name) => Object.hasOwn(fields, name)) &&
      expected.every(([name, check]) => check(members[name]))
    );
  };
};

const answer: Check = (value) => value === 'granted' || value === 'denied';
const eventType: Check = (value) =>
  ['track', 'page', 'screen', 'identify', 'group', 'alias'].includes(String(value));

const claim = exactly<Claim>({
  source: text,
  purposes: mapOf(answer),
  vendors: mapOf(mapOf(answer)),
  vendorLists: listOf(text),
  vendorsOnly: flag,
  byName: listOf(text),
  dated: orNull(exactly<Dated>({ at: number, precision: (value) => value === 'instant' || value === 'day' })),
  notice: orNull(text),
  generation: orNull(mapOf((value) => text(value) || number(value))),
  unreadable: orNull(text),
  record: orAbsent(text),
});

const eventFacts = exactly<EventFacts>({
  site: text,
  type: eventType,
  name: text,
  occurredAt: number,
  sensitive: flag,
  switchedOff: listOf(text),
  consent: exactly<ConsentState>({
    claims: listOf(claim),
    label: orNull(exactly<ConsentLabel>({ notice: orNull(text), givenAt: orNull(number) })),
    readAt: number,
  }),
});

const permittedData = exactly<PermittedData>({
  destination: text,
  site: text,
  intake: text,
  type: eventType,
  name: text,
  key: text,
  occurredAt: number,
  anonymous: flag,
  ids: mapOf(text),
  links: mapOf(text),
  kept: orAbsent(listOf(text)),
  person: mapOf(text),
  params: object,
  items: listOf(object),
  page: exactly<Page>({ url: orNull(text), title: orNull(text), referrer: orNull(text) }),
  campaign: mapOf(text),
  device: exactly<PermittedData['device']>({
    language: orNull(text),
    category: orNull(text),
    country: orNull(text),
  }),
  traits: object,
  consent: exactly<PermittedConsent>({ purposes: listOf(text), adUserData: flag, adPersonalization: flag }),
  wire: orNull(exactly<Wire>({ protocol: text, fields: mapOf(text) })),
});

export const isEventFacts = (value: unknown): value is EventFacts => eventFacts(value);
export const isPermittedData = (value: unknown): value is PermittedData => permittedData(value);

/** Null for what is no JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
