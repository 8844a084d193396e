// Writes one line per event to the gateway's own log: which event, for which destination, and the names of what it carried.
// Values never stand in a log, so none stand here. Members are log fields: `event` is the name, `id` the event's key.

import type { PermittedData } from '../core/permitted.ts';
import type { DestinationType } from '../core/plugin.ts';
import { LOCAL } from './own.ts';
import type { NoSettings } from './own.ts';
import { place } from './request.ts';

const UNPRINTABLE = 'unprintable';

/** A client may make up event names, so a name that is not plainly one is not printed. */
const printable = (name: string): string => (/^[A-Za-z][\w.-]{0,63}$/.test(name) ? name : UNPRINTABLE);

/** `ids.site.order_id person.email params.value page.url`: names in the event's own order, no values. */
function fieldNames(data: PermittedData): string {
  const { ids, links, person, params, traits, campaign, page, device } = data;
  const parts = { ids, links, person, params, traits, campaign, page, device };
  const names = Object.entries(parts).flatMap(([part, members]) =>
    Object.entries(members)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name]) => `${part}.${printable(name)}`),
  );
  return [...names, ...(data.items.length > 0 ? ['items'] : [])].join(' ');
}

export const log: DestinationType<NoSettings> = {
  ...LOCAL,
  type: 'log',
  title: 'Log line',
  batch: { events: 100, bytes: 1_000_000 },
  local: 'log',

  build: (events, { destination }) => ({
    requests: place(events).map(({ index, data }) => ({
      method: 'POST',
      url: 'log:',
      headers: {},
      body: JSON.stringify({
        event: printable(data.name),
        destination: destination.name,
        id: /^[\w-]{1,64}$/.test(data.key) ? data.key : UNPRINTABLE,
        fields: fieldNames(data),
      }),
      auth: { type: 'none' },
      events: [index],
    })),
    refused: [],
  }),
};
