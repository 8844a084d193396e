// Identifiers of the site itself, as its own scripts and servers give them; no vendor is their issuer.

import type { SystemKinds } from './kind.ts';
import { cookie, PSEUDONYM, OPAQUE } from './kind.ts';

export const SITE = {
  site: {
    anonymous_id: {
      role: 'visitor',
      cookies: [cookie(/^ajs_anonymous_id$/, /^"?(.{1,256}?)"?$/)],
      url: ['ajs_aid'],
      form: OPAQUE,
      treatments: PSEUDONYM,
      pseudonym: 'uuid',
    },
    session_id: { role: 'session', form: OPAQUE, treatments: PSEUDONYM, pseudonym: 'epoch_seconds' },
    user_id: {
      role: 'user',
      cookies: [cookie(/^ajs_user_id$/, /^"?(.{1,256}?)"?$/)],
      url: ['ajs_uid'],
      form: /^.{1,512}$/s,
      treatments: ['strip', 'pseudonymise', 'keep'],
      pseudonym: 'uuid',
    },
    previous_id: { role: 'user', form: /^.{1,512}$/s, treatments: ['strip'] },
    group_id: {
      role: 'group',
      cookies: [cookie(/^ajs_group_id$/, /^"?(.{1,256}?)"?$/)],
      form: /^.{1,512}$/s,
      treatments: ['strip', 'pseudonymise'],
      pseudonym: 'uuid',
    },
    order_id: { role: 'order', form: /^.{1,512}$/s, treatments: PSEUDONYM, pseudonym: 'alnum12' },
    message_id: {
      role: 'event',
      form: /^.{1,512}$/s,
      treatments: ['pseudonymise', 'strip'],
      pseudonym: 'uuid',
    },
    device_id: { role: 'visitor', form: OPAQUE, treatments: ['strip'] },
  },
} satisfies SystemKinds;
