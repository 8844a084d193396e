// Identifiers of advertising platforms: the click that brought a visitor, the visitor, and the event that tells of a conversion.

import type { SystemKinds } from './kind.ts';
import { cookie, ISSUER_ONLY, OPAQUE, UUID } from './kind.ts';

export const ADVERTISING = {
  google_ads: {
    gclid: {
      role: 'click',
      cookies: [
        cookie(/^_gcl_aw$/, /^GCL\.\d+\.([\w-]{10,})$/),
        cookie(/^_gcl_aw$/, /^2\.1\.k([\w-]{10,})\$/),
      ],
      url: ['gclid'],
      form: /^[\w-]{10,512}$/,
      treatments: ISSUER_ONLY,
    },
    gbraid: { role: 'click', url: ['gbraid'], form: OPAQUE, treatments: ISSUER_ONLY },
    wbraid: { role: 'click', url: ['wbraid'], form: OPAQUE, treatments: ISSUER_ONLY },
    dclid: {
      role: 'click',
      url: ['dclid', 'gclsrc', 'gad_source', 'gad_campaignid', 'srsltid'],
      form: OPAQUE,
      treatments: ISSUER_ONLY,
    },
    gcl_au: {
      role: 'visitor',
      cookies: [cookie(/^_gcl_au$/, /^1\.1\.(\d+\.\d+)/)],
      form: OPAQUE,
      treatments: ISSUER_ONLY,
    },
  },
  meta: {
    fbp: {
      role: 'visitor',
      cookies: [cookie(/^_fbp$/, /^(fb\.\d\.\d{10,13}\..{1,200})$/)],
      url: ['fbp'],
      form: /^fb\.\d\.\d{10,13}\.[\w.-]{1,200}$/,
      telling: true,
      treatments: ISSUER_ONLY,
    },
    fbc: {
      role: 'click',
      cookies: [cookie(/^_fbc$/, /^(fb\.\d\.\d{10,13}\..{1,500})$/)],
      url: ['fbc'],
      form: /^fb\.\d\.\d{10,13}\.[\w.-]{1,500}$/,
      telling: true,
      treatments: ISSUER_ONLY,
    },
    fbclid: { role: 'click', url: ['fbclid'], form: OPAQUE, treatments: ISSUER_ONLY },
    event_id: { role: 'event', url: [], form: OPAQUE, treatments: ISSUER_ONLY },
    external_id: { role: 'user', url: [], form: OPAQUE, treatments: ISSUER_ONLY },
  },
  x: {
    twclid: {
      role: 'click',
      cookies: [
        cookie(/^_?twclid$/, /^([0-9a-z-]{10,64})$/),
        cookie(/^_twclid$/, /"twclid"\s*:\s*"([0-9a-z-]{10,64})"/),
      ],
      url: ['twclid'],
      form: /^[0-9a-z-]{10,64}$/,
      treatments: ISSUER_ONLY,
    },
    conversion_id: { role: 'event', form: OPAQUE, treatments: ISSUER_ONLY },
    twpid: {
      role: 'visitor',
      cookies: [cookie(/^_?twpid$/, /^(tw\.\d+\..{1,64})$/)],
      form: OPAQUE,
      treatments: ['strip'],
    },
  },
  linkedin: {
    li_fat_id: {
      role: 'click',
      cookies: [cookie(/^li_fat_id$/, /^([0-9a-f-]{36})$/i)],
      url: ['li_fat_id'],
      form: UUID,
      treatments: ISSUER_ONLY,
    },
    event_id: { role: 'event', form: OPAQUE, treatments: ISSUER_ONLY },
  },
  tiktok: {
    ttclid: {
      role: 'click',
      cookies: [cookie(/^ttclid$/, /^(.{10,512})$/)],
      url: ['ttclid'],
      form: OPAQUE,
      treatments: ISSUER_ONLY,
    },
    ttp: {
      role: 'visitor',
      cookies: [cookie(/^_ttp$/, /^([\w.-]{20,64})$/)],
      form: OPAQUE,
      treatments: ISSUER_ONLY,
    },
    session: {
      role: 'session',
      cookies: [cookie(/^ttcsid(?:_.+)?$/, /^(.{1,200})$/)],
      form: OPAQUE,
      treatments: ['strip'],
    },
    event_id: { role: 'event', form: OPAQUE, treatments: ISSUER_ONLY },
  },
  pinterest: {
    epik: {
      role: 'click',
      cookies: [cookie(/^_(?:derived_)?epik$/, /^(.{10,512})$/)],
      url: ['epik'],
      form: OPAQUE,
      treatments: ISSUER_ONLY,
    },
    unauth: {
      role: 'visitor',
      cookies: [cookie(/^_pin_unauth$/, /^(.{8,512})$/)],
      form: OPAQUE,
      treatments: ['strip'],
    },
    event_id: { role: 'event', form: OPAQUE, treatments: ISSUER_ONLY },
  },
  microsoft_ads: {
    msclkid: {
      role: 'click',
      cookies: [
        cookie(/^_uetmsclkid$/, /^_?(?:uet)?([0-9a-f-]{32,36})$/i),
        cookie(/^msclkid$/, /^([0-9a-f-]{32,36})$/i),
      ],
      url: ['msclkid'],
      form: /^[0-9a-f-]{32,40}$/i,
      treatments: ISSUER_ONLY,
    },
    uetvid: {
      role: 'visitor',
      cookies: [cookie(/^_uetvid$/, /^([0-9a-f]{32})/i)],
      url: ['_uetvid'],
      form: /^[0-9a-f]{32}$/i,
      treatments: ISSUER_ONLY,
    },
    uetsid: {
      role: 'session',
      cookies: [cookie(/^_uetsid$/, /^([0-9a-f]{32})/i)],
      url: ['_uetsid'],
      form: /^[0-9a-f]{32}$/i,
      treatments: ISSUER_ONLY,
    },
  },
} satisfies SystemKinds;
