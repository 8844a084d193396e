// A cookie banner asks about cookies; it cannot say yes to mail.

import type { LintRule } from './rule.ts';

export const mailFromCookieCategory: LintRule = {
  code: 'mail-from-cookie-category',
  severity: 'error',
  sentence: '`email_marketing` is mapped from a category of a cookie banner',
  reason:
    'consent to receive mail is given where the address is given, to a named sender; it comes as a record',
  refuses: true,
  needs: ['consent'],
  check: ({ snapshot }) =>
    Object.entries(snapshot.consent.mapping.sources)
      .filter(([, purposes]) => Object.hasOwn(purposes, 'email_marketing'))
      .map(([source]) => ({
        path: ['consent', 'purposes', 'email_marketing', source],
        message: `\`${source}\` speaks of cookies; consent to mail comes as a record only`,
      })),
};
