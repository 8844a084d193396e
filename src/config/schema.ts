// The shape of the routing file, section by section, derived from the registries. What it yields is typed and in the units
// of the code (ms, bytes); what the names in it refer to is checked afterwards.

import { z } from 'zod';
import { PERSON_FIELDS } from '../core/person.ts';
import { TAG_TYPE_NAMES } from '../core/tags.ts';
import { DEFAULTS } from './defaults.ts';
import {
  count,
  country,
  day,
  duration,
  endpoint,
  eventGlob,
  instant,
  list,
  origin,
  pathGlob,
  purposeName,
  scriptAddress,
  secret,
  sentence,
  span,
  token,
} from './values.ts';

const D = DEFAULTS;

export { server } from './serverSchema.ts';

export const store = z
  .string()
  .regex(/^[a-z][a-z0-9+.-]*:\S*$/, 'expected `memory:`, `sqlite:PATH` or another `SCHEME:ADDRESS`')
  .prefault(D.store)
  .describe(
    'Where accepted events rest: `memory:`, `sqlite:PATH`, or `nats://HOST:PORT,…` (over TLS `tls://HOST:PORT,…`).',
  );

export const secrets = z
  .array(
    z.strictObject({
      id: token.describe('Short name of the key; it stands in digests.'),
      value: secret(32).describe('At least 32 characters.'),
    }),
  )
  .min(1, 'expected at least one secret')
  .max(100)
  .describe('First is current; older ones still know digests and records made under them.');

export const pseudonyms = z.strictObject({
  period: span.prefault(D.pseudonyms.period).describe('How long a pseudonym stays the same.'),
});

export const ledger = z.strictObject({
  keep: span.prefault(D.ledger.keep).describe('How long what was decided and delivered can be proven.'),
});

export const controller = z.strictObject({
  name: sentence.min(1).describe('Who answers for the data.'),
  contact: sentence.min(1).describe('Where people can turn to, also to object.'),
});

export const site = z.strictObject({
  writeKey: token.describe('The key that the site sends; not a secret.'),
  serverKeys: list(secret(8))
    .default([])
    .describe('Keys of servers of the site; their records count as proven.'),
  origins: list(origin).default([]).describe('Origins that browsers may send from.'),
  tags: list(token).default([]).describe('Measurement, pixel and project ids that name this site.'),
  cookies: z.boolean().default(D.site.cookies).describe('Read identifiers from first-party cookies?'),
  consent: list(token)
    .default([...D.site.consent])
    .describe('Consent sources that may grant; all may deny.'),
  records: z
    .enum(['signed', 'inline'])
    .default(D.site.records)
    .describe('`inline` also trusts an unsigned record from the page.'),
  sensitive: list(pathGlob).default([]).describe('Pages that reach no ad platform and no recording.'),
  children: z.boolean().default(D.site.children).describe('Is the whole site for children?'),
  csp: z
    .boolean()
    .default(D.site.csp)
    .describe('Do its pages send a Content-Security-Policy for recorders and tags? `check` says which.'),
});

const category = z.union([token, z.int().nonnegative()]).transform(String);
const categories = z.array(category).max(100);

export const consent = z.strictObject({
  maxAge: span.prefault(D.consent.maxAge).describe('How long a grant counts.'),
  grace: duration.prefault(D.consent.grace).describe('Events this much older than the grant are covered.'),
  undated: z
    .enum(['common', 'refuse'])
    .default(D.consent.undated)
    .describe('`common`: an undated grant covers what every notice discloses. `refuse`: nothing.'),
  purposes: z
    .record(purposeName, z.record(token, categories))
    .default({})
    .describe('Purpose, source, categories that must all be granted. Extends config/purposes.yaml.'),
  gpcDenies: list(purposeName).default([]).describe('Purposes that GPC denies besides the built-in ones.'),
  cookies: z
    .record(token, z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'expected the name of a cookie'))
    .default({})
    .describe('Source, name of its cookie where that is not the usual one.'),
});

const purposes = list(purposeName);

const fullDisclosure = z.strictObject({
  purposes,
  data: list(token).default([]).describe('Identifier kinds and person fields that leave raw.'),
  country: country.optional().describe('Where the data goes.'),
  retention: sentence.optional().describe('How long it is kept there, in words.'),
});

const disclosure = z.union([
  purposes.transform((short) => fullDisclosure.parse({ purposes: short })),
  fullDisclosure,
]);

export const notice = z.strictObject({
  id: token.describe('Name of this version.'),
  from: instant.describe('Instant from which it is in force, with offset.'),
  seenAs: z
    .record(token, z.record(token, z.union([z.string(), z.number()])))
    .default({})
    .describe('Source, generation label by which its signals say that this notice was seen.'),
  discloses: z
    .record(token, disclosure)
    .default({})
    .describe('Destination or tag, what it gets and for what.'),
  links: list(
    z.strictObject({
      from: token.describe('System whose ids are told.'),
      to: token.describe('Destination or system that is told.'),
      aim: sentence.default('').describe('Why they are linked, in words for visitors.'),
      consequences: sentence.default('').describe('What that means for the visitor.'),
    }),
  ).default([]),
});

const link = z.union([
  token.transform((system) => ({ system, as: null })),
  z.strictObject({
    system: token,
    as: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected a name of lower-case letters, digits and `_`')
      .nullable()
      .default(null),
  }),
]);

/** Keys that every destination has; the rest is its type's own. */
export const common = z.strictObject({
  type: z.string().describe('What kind of destination it is.'),
  enabled: z
    .boolean()
    .default(D.destination.enabled)
    .describe('Switched off: nothing is sent, what is queued is dropped.'),
  requires: purposes
    .optional()
    .describe('Purposes besides those that the type demands; all must be granted.'),
  sites: list(token).optional().describe('Sites whose events it gets. Default: all.'),
  events: list(eventGlob).optional().describe('Event names or patterns. Default: all.'),
  params: list(token).default([]).describe('Event parameters let through besides the known vocabulary.'),
  query: list(token).default([]).describe('Names of query parameters kept in page addresses besides utm_*.'),
  ids: z
    .record(token, z.enum(['keep', 'pseudonymise', 'strip']))
    .default({})
    .describe('Identifier kind, treatment. Default: by kind.'),
  person: list(z.enum(PERSON_FIELDS))
    .default([])
    .describe('Person fields let through if disclosed and consented to.'),
  links: list(link).default([]).describe('Systems whose ids it gets if disclosed and profiling is granted.'),
  vendor: z
    .record(token, z.union([token, z.int().nonnegative()]).transform(String))
    .default({})
    .describe('Vendor list, id of this destination on it: { tcf: 755 }.'),
  whenDenied: z
    .enum(['block', 'anonymous', 'cohort'])
    .default(D.destination.whenDenied)
    .describe('`anonymous`: refused events leave without anything that singles out, where the type can.'),
  onUncertain: z
    .enum(['settle', 'resend'])
    .default(D.destination.onUncertain)
    .describe('What becomes of an attempt of unknown fate at a vendor that drops no repetitions.'),
  decides: z.boolean().default(D.destination.decides).describe('Does its use decide about people?'),
  transfer: z
    .strictObject({
      country,
      basis: z
        .enum(['adequacy', 'dpf', 'scc', 'bcr', 'derogation'])
        .nullable()
        .default(null)
        .describe('On what ground the data may go there.'),
      checked: day.nullable().default(null).describe('When somebody last made sure.'),
    })
    .optional()
    .describe('Transfer to another country.'),
  endpoint: endpoint.optional().describe('Override of the address, for tests and private relays.'),
  timeout: span.prefault(D.destination.timeout).describe('Time for one request.'),
  concurrency: count(1, 1000).default(D.destination.concurrency).describe('Requests at a time.'),
  rate: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(D.destination.rate)
    .describe('Requests per second; 0: no limit.'),
  retry: z
    .strictObject({ for: span.prefault(D.destination.retry.for).describe('How long it is tried again.') })
    .prefault({}),
  deadLetters: z
    .strictObject({
      keep: duration.prefault(D.destination.deadLetters.keep).describe('How long dead letters rest.'),
    })
    .prefault({}),
});

/** A tag has what decisions about a destination are made of, and the address of its script. */
export const tag = z.strictObject({
  type: z.enum(TAG_TYPE_NAMES).describe('What kind of tag it is.'),
  src: scriptAddress.describe('Address of its script.'),
  enabled: z.boolean().default(D.destination.enabled).describe('Switched off: it loads nowhere.'),
  requires: common.shape.requires,
  sites: list(token).optional().describe('Sites on whose pages it may load. Default: all.'),
  vendor: common.shape.vendor,
  transfer: common.shape.transfer,
});

export type TagEntry = z.output<typeof tag>;
export type NoticeEntry = z.output<typeof notice>;
export type ConsentEntry = z.output<typeof consent>;
export type DestinationEntry = z.output<typeof common>;

/** Top-level keys, in the order in which one writes them. */
export const SECTIONS = [
  'server',
  'store',
  'secrets',
  'pseudonyms',
  'ledger',
  'controller',
  'sites',
  'consent',
  'notices',
  'destinations',
  'tags',
] as const;
export type Section = (typeof SECTIONS)[number];
