// What a destination of the operator's own can carry: every id of the site that may leave at all.

import { z } from 'zod';
import { PERSON_FIELDS } from '../core/person.ts';
import type { DestinationType } from '../core/plugin.ts';
import { all } from './answer.ts';

export type NoSettings = Readonly<Record<string, never>>;

/** `site.message_id` is not among them: the event's `key` says the same. */
export const OWN_IDS: readonly string[] = [
  'site.anonymous_id',
  'site.session_id',
  'site.user_id',
  'site.group_id',
  'site.order_id',
];

/** What stays in the process takes everything: nobody beyond the operator learns of it. */
export const LOCAL = {
  system: 'site',
  audience: 'own',
  demands: 'stated',
  anonymous: true,
  settings: z.strictObject({}),
  ids: OWN_IDS,
  standIn: null,
  person: PERSON_FIELDS,
  links: true,
  dedupes: true,
  wire: null,
  calls: ['track', 'page', 'screen', 'identify', 'group', 'alias'],
  canPlace: () => true,
  read: (_reply, request) => all(request, { kind: 'delivered' }),
} as const satisfies Partial<DestinationType<NoSettings>>;
