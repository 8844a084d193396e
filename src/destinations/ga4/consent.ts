// Google's consent fields, computed from the decision and nothing else; gcs, gcd and npa always tell the same story.

import type { PermittedConsent } from '../../core/permitted.ts';

const word = (granted: boolean): 'GRANTED' | 'DENIED' => (granted ? 'GRANTED' : 'DENIED');

/** The `consent` object of the Measurement Protocol; it has no field for storage. */
export const measurementProtocolConsent = (consent: PermittedConsent) => ({
  ad_user_data: word(consent.adUserData),
  ad_personalization: word(consent.adPersonalization),
});

/** `r`: denied by default, granted by the user. `p`: denied by default, and nobody said otherwise. */
const letter = (granted: boolean): 'r' | 'p' => (granted ? 'r' : 'p');

/** The consent parameters of a `/g/collect` hit. Ad storage follows ad user data: one is of no use without the other. */
export function collectConsent(consent: PermittedConsent): readonly (readonly [string, string])[] {
  const analytics = consent.purposes.includes('analytics');
  const ads = consent.adUserData;
  const personal = consent.adPersonalization;
  return [
    ['gcs', `G1${ads ? 1 : 0}${analytics ? 1 : 0}`],
    ['gcd', `13${letter(ads)}3${letter(analytics)}3${letter(ads)}3${letter(personal)}5l1`],
    ['npa', personal ? '0' : '1'],
  ];
}
