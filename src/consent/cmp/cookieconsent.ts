// Reads the cookie of vanilla-cookieconsent: categories accepted, services within them, and the revision of the notice that
// was shown. There is no cookie before a choice.

import type { PurposeMapping } from '../../core/config.ts';
import type { Answer, Answers, Claim, Dated, Purpose } from '../../core/consent.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import type { ConsentReader } from '../../core/plugin.ts';
import { categoryClaim, rowsOf, vendorsOf } from '../claims.ts';
import { cookieClaims } from '../cookieClaims.ts';
import { isoInstant } from '../dates.ts';
import { field, jsonCookie } from '../places.ts';

const SOURCE = 'cookieconsent';
const COOKIE = 'cc_cookie';

interface Choice {
  readonly accepted: ReadonlySet<string>;
  readonly services: Json;
}

/** What the categories behind one purpose say of one service: each must be accepted and, if it lists services, list this one. */
function serviceAnswer(choice: Choice, categories: readonly string[], service: string): Answer {
  for (const category of categories) {
    const listed = field(choice.services, category) ?? [];
    if (!choice.accepted.has(category) || !Array.isArray(listed)) return 'denied';
    if (listed.length > 0 && !listed.includes(service)) return 'denied';
  }
  return categories.length > 0 ? 'granted' : 'denied';
}

function vendorAnswers(choice: Choice, mapping: PurposeMapping): Readonly<Record<string, Answers>> {
  const vendors: Record<string, Answers> = {};
  for (const service of vendorsOf(mapping, SOURCE)) {
    const answers: Record<Purpose, Answer> = {};
    for (const [purpose, categories] of Object.entries(rowsOf(mapping, SOURCE)))
      answers[purpose] = serviceAnswer(choice, categories, service);
    vendors[`${SOURCE}:${service}`] = answers;
  }
  return vendors;
}

function datedBy(cookie: JsonObject): Dated | null {
  for (const name of ['lastConsentTimestamp', 'consentTimestamp']) {
    const text = field(cookie, name);
    const at = typeof text === 'string' ? isoInstant(text) : null;
    if (at !== null) return { at, precision: 'instant' };
  }
  return null;
}

function read(value: string, mapping: PurposeMapping): readonly Claim[] {
  const cookie = jsonCookie(value);
  const categories = cookie === null ? undefined : field(cookie, 'categories');
  if (cookie === null || !Array.isArray(categories)) return [];
  const accepted = new Set<string>(categories.filter((each) => typeof each === 'string'));
  const choice: Choice = { accepted, services: field(cookie, 'services') ?? {} };
  const revision = field(cookie, 'revision');
  const claim = categoryClaim(SOURCE, mapping, {
    says: (category) => (accepted.has(category) ? 'granted' : 'denied'),
    dated: datedBy(cookie),
    generation: typeof revision === 'number' ? { revision } : null,
    vendors: isObject(choice.services) ? vendorAnswers(choice, mapping) : {},
    vendorLists: [SOURCE],
  });
  return [claim];
}

export const cookieconsent: ConsentReader = {
  source: SOURCE,
  cookies: [COOKIE],
  read: (input, { mapping }) => cookieClaims(input, mapping, { source: SOURCE, cookie: COOKIE, read }),
};
