// What all events of one request share: the request, its site and cookies, and where consent may stand in it.

import type { ConsentInput } from '../core/consent.ts';
import type { ReceivedEvent } from '../core/event.ts';
import { isObject } from '../core/json.ts';
import type { Json } from '../core/json.ts';
import type { IntakeContext, IntakeRequest } from '../core/plugin.ts';
import { readInstant } from './clock.ts';
import { readCookieIds } from './ids.ts';
import type { CookieId } from './ids.ts';
import { text } from './value.ts';

export interface Surroundings {
  readonly request: IntakeRequest;
  readonly context: IntakeContext;
  readonly cookieIds: readonly CookieId[];
}

export const surroundings = (request: IntakeRequest, context: IntakeContext): Surroundings => ({
  request,
  context,
  cookieIds: readCookieIds(context),
});

/** Where the event itself speaks of consent. */
export interface StatedConsent {
  readonly consent: Json | undefined;
  readonly consentManagement?: Json | undefined;
  readonly query: Readonly<Record<string, string>>;
}

/** Everything a consent reader may look at; what the event says beside what its request says. */
export const consentInput = (stated: StatedConsent, { request, context }: Surroundings): ConsentInput => ({
  consent: stated.consent ?? null,
  consentManagement: stated.consentManagement ?? null,
  query: stated.query,
  secGpc: request.headers['sec-gpc'] ?? null,
  cookies: context.consentCookies,
  fromServer: context.fromServer,
});

/** The label that dates undated consent: `notice` and `givenAt` of `context.consent`. */
export function readLabel(consent: Json | undefined): ReceivedEvent['label'] {
  if (!isObject(consent)) return null;
  const notice = text(consent['notice']);
  const givenAt = readInstant(consent['givenAt']);
  return notice === null && givenAt === null ? null : { notice, givenAt };
}
