// Google Analytics 4, by two ways behind one mapping: the Measurement Protocol, and `/g/collect` hits composed from permitted
// data. Google answers 2xx to whatever arrives, so `delivered` means arrival and nothing more.

import { z } from 'zod';
import type { Secret } from '../core/secret.ts';
import type { DestinationType } from '../core/plugin.ts';
import { all, byStatus } from './answer.ts';
import { collect } from './ga4/collect.ts';
import { eventProblem } from './ga4/limits.ts';
import { measurementProtocol, MP_LIMITS } from './ga4/measurementProtocol.ts';
import { addressOf, place, type Placed, type Refusal } from './request.ts';
import { secretSetting } from './setting.ts';

export interface Ga4Settings {
  readonly measurementId: string;
  readonly apiSecret?: Secret | undefined;
  readonly region: 'eu' | 'us';
  readonly transport: 'auto' | 'mp' | 'collect';
}

const HOSTS = {
  eu: 'https://region1.google-analytics.com',
  us: 'https://www.google-analytics.com',
} as const;

const settings: z.ZodType<Ga4Settings> = z
  .strictObject({
    measurementId: z
      .string()
      .regex(/^G-[A-Z0-9]{4,20}$/)
      .describe('Measurement id of the web stream, `G-…`.'),
    apiSecret: secretSetting.optional().describe('Measurement Protocol secret of that stream.'),
    region: z.enum(['eu', 'us']).default('eu').describe('Where Google takes the events in. Default `eu`.'),
    transport: z
      .enum(['auto', 'mp', 'collect'])
      .default('auto')
      .describe(
        'auto: /g/collect for hits that came by gtag, the Measurement Protocol for the rest. Default `auto`.',
      ),
  })
  .refine((value) => value.transport !== 'mp' || value.apiSecret !== undefined, {
    path: ['apiSecret'],
    message: '`transport: mp` needs an `apiSecret`',
  });

/** Without a secret `auto` has only one way. */
function byCollect({ data }: Placed, { transport, apiSecret }: Ga4Settings): boolean {
  if (transport !== 'auto') return transport === 'collect';
  return data.wire?.protocol === 'gtag' || apiSecret === undefined;
}

export const ga4: DestinationType<Ga4Settings> = {
  type: 'ga4',
  title: 'Google Analytics 4',
  system: 'ga',
  audience: 'analytics',
  demands: ['analytics'],
  anonymous: false,
  settings,
  ids: ['ga.client_id', 'ga.session_id', 'site.session_id', 'site.user_id', 'site.order_id'],
  standIn: 'ga.client_id',
  // Hits by /g/collect carry the user agent only: the address would go as an undocumented override, user data likewise.
  person: [
    'email',
    'phone',
    'first_name',
    'last_name',
    'street',
    'postal_code',
    'city',
    'region',
    'ip',
    'user_agent',
  ],
  // Google drops a second purchase of one transaction id at best, and nothing else.
  links: true,
  dedupes: false,
  batch: MP_LIMITS,
  wire: 'gtag',
  calls: ['track', 'page'],

  canPlace: (data) => Boolean(data.ids['ga.client_id']),

  build(events, context) {
    const { settings: own, destination, now } = context;
    const refused: Refusal[] = [];
    const ways: { readonly collect: Placed[]; readonly mp: Placed[] } = { collect: [], mp: [] };
    for (const placed of place(events)) {
      const way = byCollect(placed, own) ? 'collect' : 'mp';
      const code = eventProblem(placed.data, now, way === 'collect' && placed.data.wire?.protocol === 'gtag');
      if (code === null) ways[way].push(placed);
      else refused.push({ index: placed.index, code });
    }
    const hits = collect(ways.collect, {
      url: addressOf(destination, HOSTS[own.region], '/g/collect'),
      measurementId: own.measurementId,
    });
    const posts = measurementProtocol(ways.mp, {
      url: addressOf(
        destination,
        HOSTS[own.region],
        `/mp/collect?measurement_id=${encodeURIComponent(own.measurementId)}`,
      ),
      auth:
        own.apiSecret === undefined
          ? { type: 'none' }
          : { type: 'query', name: 'api_secret', secret: own.apiSecret },
    });
    return {
      requests: [...hits.requests, ...posts.requests],
      refused: [...refused, ...hits.refused, ...posts.refused],
    };
  },

  read: (reply, request) => all(request, byStatus(reply)),
};
