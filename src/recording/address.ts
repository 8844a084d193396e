// Addresses as they stand in a recorded page, absolute or not: of http(s) only what `detect/url.ts` lets through, of a way to
// reach somebody only its scheme, of all others nothing.

import type { CleanedUrl, UrlRules } from '../detect/url.ts';
import { cleanLocal, cleanUrl } from '../detect/url.ts';

/** What Clarity's own client writes in place of what it drops. */
const DROPPED = '*na*';

const SCHEME = /^([a-z][a-z0-9+.-]{0,20}):/i;
/** A person or a number stands behind these. */
const CONTACTS =
  /^(?:mailto|tel|sms|smsto|mms|callto|sip|sips|xmpp|im|facetime|facetime-audio|skype|whatsapp|viber|tg|sgnl|signal|line|weixin|fb-messenger|msteams|imessage)$/;
/** The same by web. */
const CONTACT_HOSTS =
  /^(?:wa\.me|(?:api|web|chat)\.whatsapp\.com|t\.me|telegram\.me|m\.me|signal\.me|signal\.group|viber\.click|line\.me|join\.skype\.com)$/;
/** Of an address in canonical form. */
const HOST = /^https?:\/\/([^/?#:]*)/;
/** Addresses without anything in them. */
const BARE = /^(?:about:blank|about:srcdoc|blob:|#)?$/;

const refused: CleanedUrl = Object.freeze({ value: null, rules: ['default_deny' as const] });

const contact = (address: string): CleanedUrl => ({
  value: `${address}${DROPPED}`,
  rules: ['personal_data'],
});

function webAddress(address: string, rules: UrlRules): CleanedUrl {
  const clean = cleanUrl(address, rules);
  const host = HOST.exec(clean.value ?? '')?.[1] ?? '';
  if (CONTACT_HOSTS.test(host)) return contact(`https://${host}/`);
  // An origin alone is the same address with a slash and without.
  return clean.value === `${address}/` ? { value: address, rules: clean.rules } : clean;
}

const isCleaned = (value: string): boolean => {
  const scheme = SCHEME.exec(value)?.[1];
  return scheme !== undefined && value === `${scheme}:${DROPPED}` && CONTACTS.test(scheme);
};

/** An address as it may leave, or null; and why it is not what it was. */
export function addressIn(value: string, rules: UrlRules): CleanedUrl {
  if (BARE.test(value) || isCleaned(value)) return { value, rules: [] };
  const address = value.trim();
  const scheme = SCHEME.exec(address)?.[1]?.toLowerCase();
  if (scheme === 'http' || scheme === 'https') return webAddress(address, rules);
  if (scheme !== undefined) return CONTACTS.test(scheme) ? contact(`${scheme}:`) : refused;
  if (!address.startsWith('//')) return cleanLocal(address, rules);
  const { value: web, rules: broken } = webAddress(`https:${address}`, rules);
  return { value: web?.slice('https:'.length) ?? null, rules: broken };
}
