// Takes everything and does nothing with it: for trying out rules, and for measuring what the rest costs.

import type { DestinationType } from '../core/plugin.ts';
import { LOCAL } from './own.ts';
import type { NoSettings } from './own.ts';

export const nothing: DestinationType<NoSettings> = {
  ...LOCAL,
  type: 'null',
  title: 'Nothing',
  batch: { events: 1000, bytes: 1_000_000 },
  local: 'null',

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
};
