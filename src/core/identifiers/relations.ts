// Identifiers of systems that keep customer relations: they know a visitor as a contact with a name.

import type { SystemKinds } from './kind.ts';
import { cookie, ISSUER_ONLY, OPAQUE } from './kind.ts';

export const RELATIONS = {
  hubspot: {
    utk: {
      role: 'visitor',
      cookies: [cookie(/^hubspotutk$/, /^([0-9a-f]{32})$/), cookie(/^__hstc$/, /^\d+\.([0-9a-f]{32})\./)],
      url: ['hutk', '__hstc'],
      form: /^[0-9a-f]{32}$/,
      treatments: ISSUER_ONLY,
    },
    session: {
      role: 'session',
      cookies: [cookie(/^__hssc$/, /^(\d+\.\d+\.\d+)$/)],
      url: ['__hssc'],
      form: OPAQUE,
      treatments: ['strip'],
    },
    contact_id: { role: 'contact', url: ['vid'], form: /^\d{1,20}$/, treatments: ISSUER_ONLY },
    mail_click: {
      role: 'click',
      url: ['_hsenc', '_hsmi', 'hsctatracking'],
      form: OPAQUE,
      treatments: ['strip'],
    },
  },
  salesforce: {
    anonymous_id: {
      role: 'visitor',
      cookies: [cookie(/^_sfid_[0-9a-f]{4}$/, /"anonymousId"\s*:\s*"([0-9a-f]{16})"/)],
      form: OPAQUE,
      treatments: ISSUER_ONLY,
    },
    evergage: {
      role: 'visitor',
      cookies: [cookie(/^_evga_[0-9a-f]{4}$/, /"uuid"\s*:\s*"([^"]{8,64})"/)],
      form: OPAQUE,
      treatments: ['strip'],
    },
  },
} satisfies SystemKinds;
