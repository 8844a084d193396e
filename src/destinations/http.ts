// Signed webhook to an endpoint of the operator's own. The body is `{ "events": [ … ] }`, each event under the gateway's own
// names and with its `key`, by which a receiver drops repetitions; see `webhookEvent` for the shape. Where the route says so it gets
// cleaned recordings, too, as `{ "recording": { … } }`: those of one `session`, `visit` and `sequence` are the same.

import { z } from 'zod';
import type { DestinationType, RecordingSending } from '../core/plugin.ts';
import type { PermittedData } from '../core/permitted.ts';
import { PERSON_FIELDS } from '../core/person.ts';
import type { RecordingRules } from '../core/recording.ts';
import type { Secret } from '../core/secret.ts';
import { all, byStatus, isAboutBody, splitOrPermanent } from './answer.ts';
import { sha256 } from './hash.ts';
import { OWN_IDS } from './own.ts';
import { addressOf, chunk, JSON_HEADERS, listBody, place } from './request.ts';
import { recordedNames, recordedText, secretSetting } from './setting.ts';
import { compact, isTime } from './value.ts';

export interface HttpSettings {
  readonly url: string;
  readonly secret: Secret;
  readonly headers: Readonly<Record<string, string>>;
  readonly batch: number;
  /** Undefined: it takes none. */
  readonly recordings?: Pick<RecordingRules, 'text' | 'events'> | undefined;
}

/** `x-…` only, and none that a proxy would believe: credentials go into the signature, never into a header that is printed. */
const HEADER = /^x-(?!forwarded-|real-ip$|client-ip$|sluis-signature$)[a-z0-9-]{1,60}$/;

const settings: z.ZodType<HttpSettings> = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Address that takes the events.'),
  secret: secretSetting.describe('Key of the HMAC-SHA-256 in `x-sluis-signature: t=<seconds>,v1=<hex>`.'),
  headers: z
    .record(z.string().regex(HEADER), z.string().regex(/^[\x20-\x7e]{0,512}$/))
    .default({})
    .describe('Fixed `x-…` headers, names in lower case. Default: none.'),
  batch: z.int().min(1).max(500).default(100).describe('Events per request at most. Default 100.'),
  recordings: z
    .strictObject({
      text: recordedText,
      events: recordedNames.describe('Names of custom events that leave. Default: none.'),
    })
    .optional()
    .describe('Takes rrweb recordings of its sites, cleaned. What was typed is masked. Default: none.'),
});

const BYTES = 1_000_000;

const addressIn = ({
  settings: { url },
  destination,
}: Pick<RecordingSending<HttpSettings>, 'settings' | 'destination'>): string => {
  const { origin, pathname, search } = new URL(url);
  return addressOf(destination, origin, `${pathname}${search}`);
};

const authOf = ({ secret }: HttpSettings) => ({ type: 'hmac' as const, header: 'x-sluis-signature', secret });

/** What events say of a person in their body stands in headers here. */
const recordingHeaders = ({
  settings: own,
  person,
}: RecordingSending<HttpSettings>): Record<string, string> => ({
  ...own.headers,
  ...JSON_HEADERS,
  ...(person.ip === undefined ? {} : { 'x-forwarded-for': person.ip }),
  ...(person.user_agent === undefined ? {} : { 'user-agent': person.user_agent }),
});

/** Empty members are left out; times are ISO 8601 in UTC. */
const webhookEvent = (data: PermittedData): Record<string, unknown> =>
  compact({
    key: data.key,
    site: data.site,
    type: data.type,
    name: data.name,
    occurredAt: new Date(data.occurredAt).toISOString(),
    anonymous: data.anonymous ? true : null,
    ids: data.ids,
    links: data.links,
    person: data.person,
    params: data.params,
    items: data.items,
    page: compact({ url: data.page.url, title: data.page.title, referrer: data.page.referrer }),
    campaign: data.campaign,
    device: compact({ ...data.device }),
    traits: data.traits,
    consent: { purposes: data.consent.purposes },
  });

export const http: DestinationType<HttpSettings> = {
  type: 'http',
  title: 'Signed webhook',
  system: 'site',
  audience: 'own',
  demands: 'stated',
  anonymous: true,
  settings,
  ids: OWN_IDS,
  standIn: null,
  person: PERSON_FIELDS,
  // The receiver is the operator's own and has every event's key.
  links: true,
  dedupes: true,
  batch: { events: 500, bytes: BYTES },
  batchUnder: ({ batch }) => batch,
  wire: null,
  calls: ['track', 'page', 'screen', 'identify', 'group', 'alias'],
  recording: {
    formats: ['rrweb'],
    takes: ({ recordings }) => recordings !== undefined,
    project: () => null,
    rules: ({ recordings }) => ({
      text: recordings?.text ?? 'strict',
      tags: [],
      events: recordings?.events ?? [],
    }),
    request: (sending) => ({
      address: addressIn(sending),
      headers: recordingHeaders(sending),
      auth: authOf(sending.settings),
    }),
  },

  canPlace: () => true,

  build(events, { settings: own, destination }) {
    const placed = place(events);
    const { chunks, refused } = chunk(placed, { events: own.batch, bytes: BYTES }, ({ data }) =>
      isTime(data.occurredAt) ? { value: webhookEvent(data) } : { refused: 'time_invalid' },
    );
    const url = addressIn({ settings: own, destination });
    const requests = chunks.map((entries) => {
      const keys = entries.map(({ index }) => placed[index]?.data.key ?? '');
      return {
        method: 'POST' as const,
        url,
        headers: { ...own.headers, ...JSON_HEADERS, 'idempotency-key': idempotencyKey(keys) },
        body: listBody('{}', 'events', entries),
        auth: authOf(own),
        events: entries.map(({ index }) => index),
      };
    });
    return { requests, refused };
  },

  read(reply, request) {
    const result = byStatus(reply);
    return all(request, isAboutBody(reply) ? splitOrPermanent(request, `http_${reply.status}`) : result);
  },
};

/** One event: its key. Several: a digest of their keys, so that the same batch has the same key again. */
const idempotencyKey = (keys: readonly string[]): string =>
  keys.length === 1 && /^[\x21-\x7e]{1,128}$/.test(keys[0] ?? '') ? (keys[0] ?? '') : sha256(keys.join('\n'));
