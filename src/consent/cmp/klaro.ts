// Reads the cookie of Klaro: a yes or no per service, without time or version. There is no cookie before a choice. A service
// that the cookie does not have is unknown to the tool, which is silence and not a yes.

import type { PurposeMapping } from '../../core/config.ts';
import type { Answer, Answers, Claim, Purpose } from '../../core/consent.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ConsentReader } from '../../core/plugin.ts';
import { answerBy, categoryClaim, denialOf, rowsOf, vendorsOf } from '../claims.ts';
import { cookieClaims } from '../cookieClaims.ts';
import { field, jsonCookie } from '../places.ts';

const SOURCE = 'klaro';

type Says = (service: string) => Answer | undefined;

/**
 * What a service says of itself as a vendor. Refused or unknown: nothing at all. Accepted: yes to the purposes whose row names
 * it; for any other purpose the services of that row decide, so that accepting one service never opens what it is not for.
 */
function vendorAnswer(service: string, mapping: PurposeMapping, says: Says): Answers {
  const rows = rowsOf(mapping, SOURCE);
  if (says(service) !== 'granted') return denialOf(Object.keys(rows));
  const answers: Record<Purpose, Answer> = {};
  for (const [purpose, services] of Object.entries(rows)) {
    const answer = services.includes(service) ? 'granted' : answerBy(services, says);
    if (answer !== undefined) answers[purpose] = answer;
  }
  return answers;
}

function saysOf(cookie: JsonObject): Says {
  return (service) => {
    const value = field(cookie, service);
    return value === undefined ? undefined : value === true ? 'granted' : 'denied';
  };
}

function read(value: string, mapping: PurposeMapping): readonly Claim[] {
  const cookie = jsonCookie(value);
  if (cookie === null || !Object.values(cookie).every((each) => typeof each === 'boolean')) return [];
  const says = saysOf(cookie);
  const vendors = Object.fromEntries(
    vendorsOf(mapping, SOURCE).map((service) => [
      `${SOURCE}:${service}`,
      vendorAnswer(service, mapping, says),
    ]),
  );
  return [categoryClaim(SOURCE, mapping, { says, vendors, vendorLists: [SOURCE] })];
}

export const klaro: ConsentReader = {
  source: SOURCE,
  cookies: [SOURCE],
  read: (input, { mapping }) => cookieClaims(input, mapping, { source: SOURCE, cookie: SOURCE, read }),
};
