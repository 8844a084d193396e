// Settings of the HubSpot destination.

import { z } from 'zod';
import type { Secret } from '../../core/secret.ts';
import { byEvent, numericId, secretSetting } from '../setting.ts';

export interface HubspotSettings {
  readonly portalId: string;
  readonly accessToken: Secret;
  readonly version: string;
  readonly eventNames: Readonly<Record<string, string>>;
  readonly forms: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
  readonly subscriptionTypeId?: number | undefined;
  readonly consentText?: string | undefined;
}

export const settings: z.ZodType<HubspotSettings> = z
  .strictObject({
    portalId: numericId.describe('Hub id of the account.'),
    accessToken: secretSetting.describe('Token of a private app.'),
    version: z
      .string()
      .regex(/^\d{4}-\d{2}(?:-beta)?$/)
      .default('2026-09')
      .describe('API version as it stands in the path. Default `2026-09`.'),
    eventNames: byEvent(z.string().regex(/^[a-z0-9_.-]{1,150}$/)).describe(
      'Our event name → fully qualified HubSpot event name. Default `pe<portalId>_<name>`.',
    ),
    forms: byEvent(z.guid()).describe('Our event name → guid of the form that takes it. Default: none.'),
    properties: byEvent(z.string().regex(/^[a-z][a-z0-9_]{0,99}$/)).describe(
      'Parameter, trait, person field or link → contact property. Parameters reach contacts and forms only if named here.',
    ),
    subscriptionTypeId: z
      .int()
      .positive()
      .optional()
      .describe('Subscription that a form submission grants or not, by the purpose `email_marketing`.'),
    consentText: z
      .string()
      .min(1)
      .optional()
      .describe('What the visitor was asked, word for word; goes along with every form submission.'),
  })
  .refine((value) => Object.keys(value.forms).length === 0 || value.consentText !== undefined, {
    path: ['consentText'],
    message: '`forms` need a `consentText`: a submission says what was consented to',
  });
