// The registry of consent formats. One line here adds a reader; config, metrics, the CLI and the choice of cookies follow.

import type { PurposeMapping } from '../core/config.ts';
import type { ConsentReader } from '../core/plugin.ts';
import { cookiebot } from './cmp/cookiebot.ts';
import { cookieconsent } from './cmp/cookieconsent.ts';
import { klaro } from './cmp/klaro.ts';
import { onetrust } from './cmp/onetrust.ts';
import { googleConsentMode } from './googleConsentMode.ts';
import { gpc } from './gpc.ts';
import { record } from './record.ts';
import { rudderstack } from './rudderstack.ts';
import { segment } from './segment.ts';
import { tcf } from './tcf.ts';
import { usPrivacy } from './usPrivacy.ts';

export const CONSENT_READERS = [
  record,
  gpc,
  usPrivacy,
  tcf,
  googleConsentMode,
  segment,
  rudderstack,
  onetrust,
  cookiebot,
  cookieconsent,
  klaro,
] as const satisfies readonly ConsentReader[];

const NAMES = new Set<string>();
const PATTERNS: RegExp[] = [];
for (const { cookies } of CONSENT_READERS)
  for (const cookie of cookies)
    if (typeof cookie === 'string') NAMES.add(cookie);
    else PATTERNS.push(cookie);

/** Does a cookie of this name carry consent? Nothing else of the Cookie header reaches the readers. */
export const isConsentCookie = (name: string, mapping: PurposeMapping): boolean =>
  NAMES.has(name) ||
  PATTERNS.some((pattern) => pattern.test(name)) ||
  Object.values(mapping.cookieNames).includes(name);
