// Takes everything and does nothing with it: for trying out rules, and for measuring what the rest costs.

import { z } from 'zod';
import type { DestinationType } from '../core/plugin.ts';
import { PERSON_FIELDS } from '../core/person.ts';
import { all } from './answer.ts';
import { OWN_IDS } from './own.ts';

type NoSettings = Readonly<Record<string, never>>;

export const nothing: DestinationType<NoSettings> = {
  type: 'null',
  title: 'Nothing',
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
  batch: { events: 1000, bytes: 1_000_000 },
  wire: null,
  calls: ['track', 'page', 'screen', 'identify', 'group', 'alias'],
  local: 'null',

  canPlace: () => true,

  build: (events) => ({
    requests:
      events.length === 0
        ? []
        : [
            {
              method: 'POST',
              url: 'null:',
              headers: {},
              body: null,
              auth: { type: 'none' },
              events: events.map((_, index) => index),
            },
          ],
    refused: [],
  }),

  read: (_reply, request) => all(request, { kind: 'delivered' }),
};
