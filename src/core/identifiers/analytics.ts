// Identifiers of systems that measure what visitors do: audience measurement, heat maps, recordings.

import type { SystemKinds } from './kind.ts';
import { cookie, PSEUDONYM, OPAQUE, UUID } from './kind.ts';

export const ANALYTICS = {
  ga: {
    client_id: {
      role: 'visitor',
      cookies: [cookie(/^_ga$/, /^GA1\.\d+(?:-\d+)?\.(\d+\.\d+)$/)],
      form: /^[\x21-\x7e]{1,64}$/,
      treatments: PSEUDONYM,
      pseudonym: 'ga_client_id',
    },
    session_id: {
      role: 'session',
      cookies: [
        cookie(/^_ga_[A-Z0-9]+$/, /^GS1\.\d+\.(\d{9,13})\./),
        cookie(/^_ga_[A-Z0-9]+$/, /^GS2\.\d+\.(?:[^$]*\$)*?s(\d{9,13})(?:\$|$)/),
      ],
      form: /^\d{1,13}$/,
      treatments: PSEUDONYM,
      pseudonym: 'epoch_seconds',
    },
    linker: { role: 'visitor', url: ['_gl', '_ga'], form: OPAQUE, treatments: ['strip'] },
    fpid: {
      role: 'visitor',
      cookies: [cookie(/^FP(?:ID|LC|GSID|AU)$/, /^(.{1,512})$/)],
      form: OPAQUE,
      treatments: ['strip'],
    },
  },
  clarity: {
    user_id: {
      role: 'visitor',
      cookies: [cookie(/^_clck$/, /^([0-9a-z]{1,32})[|^]/)],
      form: /^[0-9a-z]{1,32}$/,
      treatments: PSEUDONYM,
      pseudonym: 'base36',
    },
    session_id: {
      role: 'session',
      cookies: [cookie(/^_clsk$/, /^([0-9a-z]{1,32})[|^]/)],
      form: /^[0-9a-z]{1,32}$/,
      treatments: PSEUDONYM,
      pseudonym: 'base36',
    },
    tab_id: {
      role: 'session',
      form: /^[0-9a-z]{1,32}$/,
      treatments: PSEUDONYM,
      pseudonym: 'base36',
    },
  },
  woopra: {
    cookie: {
      role: 'visitor',
      cookies: [cookie(/^wooTracker$/, /^([0-9A-Za-z]{12})$/)],
      url: ['__woopraid'],
      form: /^[0-9A-Za-z]{12}$/,
      treatments: PSEUDONYM,
      pseudonym: 'alnum12',
    },
  },
  matomo: {
    visitor_id: {
      role: 'visitor',
      cookies: [cookie(/^_pk_id\./, /^([0-9a-f]{16})\./)],
      url: ['pk_vid'],
      form: /^[0-9a-f]{16}$/,
      treatments: PSEUDONYM,
      pseudonym: 'hex16',
    },
  },
  hotjar: {
    user: {
      role: 'visitor',
      cookies: [cookie(/^_hjSessionUser_\d+$/, /^(.{8,512})$/)],
      form: OPAQUE,
      treatments: ['strip'],
    },
    session: {
      role: 'session',
      cookies: [cookie(/^_hjSession_\d+$/, /^(.{8,512})$/)],
      form: OPAQUE,
      treatments: ['strip'],
    },
  },
  contentsquare: {
    user: {
      role: 'visitor',
      cookies: [cookie(/^_cs_id$/, /^([0-9a-f-]{36})/i)],
      form: OPAQUE,
      treatments: ['strip'],
    },
    session: {
      role: 'session',
      cookies: [cookie(/^_cs_s$/, /^(.{3,200})$/)],
      form: OPAQUE,
      treatments: ['strip'],
    },
  },
  snowplow: {
    domain_user_id: {
      role: 'visitor',
      cookies: [cookie(/^_sp_id\./, /^([0-9a-f-]{16,36})\./i)],
      url: ['_sp'],
      form: /^[0-9a-f-]{16,36}$/i,
      treatments: PSEUDONYM,
      pseudonym: 'uuid',
    },
    session_id: {
      role: 'session',
      cookies: [cookie(/^_sp_id\./, /^(?:[^.]*\.){5}([0-9a-f-]{36})/i)],
      form: UUID,
      treatments: PSEUDONYM,
      pseudonym: 'uuid',
    },
    network_user_id: {
      role: 'visitor',
      cookies: [cookie(/^sp$/, /^([0-9a-f-]{36})$/i)],
      form: UUID,
      treatments: ['strip'],
    },
  },
} satisfies SystemKinds;
