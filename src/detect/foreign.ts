// Identifiers that vendors know a visitor by: values with a telling form, and values that stand behind the name of their
// query parameter or cookie. Names and forms come from the one table of identifiers.

import { IDENTIFIERS, identifierName } from '../core/identifiers.ts';
import { eachMatch } from './match.ts';
import type { Report } from './numbers.ts';

interface Naming {
  readonly kind: string;
  /** What the value must look like to count; null: anything. */
  readonly form: RegExp | null;
}

const ANY: RegExp | null = null;

/** Names that no vendor owns but that carry an id or personal data wherever they stand. */
const EVERYDAY: readonly (readonly [string, string, RegExp | null])[] = [
  ...['uid', 'userid', 'user_id', 'customerid', 'customer_id', 'accountid', 'account_id'].map(
    (name) => [name, 'site.user_id', ANY] as const,
  ),
  ...['memberid', 'member_id', 'visitorid', 'visitor_id', 'contact_id', 'contactid'].map(
    (name) => [name, 'site.user_id', ANY] as const,
  ),
  ...['anonymousid', 'anonymous_id', 'deviceid', 'device_id'].map(
    (name) => [name, 'site.anonymous_id', ANY] as const,
  ),
  ...['sessionid', 'session_id', 'phpsessid', 'jsessionid', 'sid'].map(
    (name) => [name, 'site.session_id', /^.{5,}$/s] as const,
  ),
  ...['orderid', 'order_id', 'transaction_id'].map((name) => [name, 'site.order_id', ANY] as const),
  ...['token', 'access_token', 'id_token', 'auth', 'apikey', 'api_key', 'password', 'pwd', 'otp'].map(
    (name) => [name, 'token', /^.{4,}$/s] as const,
  ),
  ...['email', 'e-mail', 'mail', 'emailaddress', 'email_address'].map(
    (name) => [name, 'email', /^.{4,}$/s] as const,
  ),
  ...['phone', 'tel', 'phonenumber', 'phone_number', 'mobile', 'msisdn'].map(
    (name) => [name, 'phone', /\d{5}/] as const,
  ),
  ['_ga', 'ga.client_id', ANY],
  ['cid', 'ga.client_id', /^\d{5,}\.\d{5,}$/],
  ['client_id', 'ga.client_id', /^\d{5,}\.\d{5,}$/],
  ['_gid', 'ga.client_id', ANY],
  ['hubspotutk', 'hubspot.utk', ANY],
  ['_fbp', 'meta.fbp', ANY],
  ['_fbc', 'meta.fbc', ANY],
  ['_clck', 'clarity.user_id', ANY],
  ['_clsk', 'clarity.session_id', ANY],
  ['_gcl_aw', 'google_ads.gclid', ANY],
  ['_gcl_au', 'google_ads.gcl_au', ANY],
  ['_ttp', 'tiktok.ttp', ANY],
  ['_epik', 'pinterest.epik', ANY],
  ['ajs_anonymous_id', 'site.anonymous_id', ANY],
  ['ajs_user_id', 'site.user_id', ANY],
  ['_hjsessionuser', 'hotjar.user', ANY],
  ['yclid', 'token', ANY],
  ['irclickid', 'token', ANY],
  ['mc_eid', 'token', ANY],
  ['mkt_tok', 'token', ANY],
  ['mkt_trk', 'token', ANY],
  ['_kx', 'token', ANY],
  ['oly_enc_id', 'token', ANY],
  ['oly_anon_id', 'token', ANY],
  ['vero_id', 'token', ANY],
  ['rb_clickid', 'token', ANY],
  ['s_cid', 'token', /\d{6}/],
  ['wickedid', 'token', ANY],
];

const TABLE = IDENTIFIERS.flatMap((entry) =>
  entry.url.map((name) => [name.toLowerCase(), { kind: identifierName(entry), form: ANY }] as const),
);
const NAMES: ReadonlyMap<string, Naming> = new Map([
  ...EVERYDAY.map(([name, kind, form]) => [name, { kind, form }] as const),
  ...TABLE,
]);
const OWNED: ReadonlySet<string> = new Set(TABLE.map(([name]) => name));

/** Is this the name of a vendor's own query parameter? Such a parameter goes even where a route lists its name. */
export const isForeignName = (name: string): boolean => OWNED.has(name.toLowerCase());

/** Values that say nothing, and our own replacements. */
const EMPTY = /^(?:|-|0|1|true|false|null|none|undefined|\(none\)|:.*)$/is;

const NAME_CHARACTER = /[\w.-]/;
const VALUE_END = /[&;#\s"'<>,{}[\]\\]/;
const MAX_NAME = 40;
const MAX_VALUE = 2048;
/** Forms are judged by so many characters. */
const MAX_JUDGED = 128;

/** The name that ends before this equals sign or colon, or null if none does. */
function nameBefore(text: string, at: number): string | null {
  const quoted = /["']/.test(text[at - 1] ?? '');
  if (text[at] === ':' && !quoted) return null;
  const end = quoted ? at - 1 : at;
  let start = end;
  while (start > 0 && end - start < MAX_NAME && NAME_CHARACTER.test(text[start - 1] ?? ' ')) start--;
  return text.slice(start, end);
}

/** `name=value` and `"name":"value"`, wherever they stand in the text. */
export function pairs(text: string, report: Report): void {
  let end = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '=' && text[i] !== ':') continue;
    const naming = NAMES.get((nameBefore(text, i) ?? '').toLowerCase());
    if (naming === undefined) continue;
    let start = i + 1;
    while (start - i < 4 && /[\s"']/.test(text[start] ?? '')) start++;
    // A value inside the value just read ends where that one ended: nothing is read twice.
    if (end < start) end = start;
    while (end < text.length && end - start < MAX_VALUE && !VALUE_END.test(text[end] ?? ' ')) end++;
    if (!isValue(naming, text.slice(start, Math.min(end, start + MAX_JUDGED)))) continue;
    report(naming.kind, start, end);
    i = end - 1;
  }
}

const isValue = ({ form }: Naming, value: string): boolean =>
  !EMPTY.test(value) && (form === null || form.test(value));

const FACEBOOK = /(?<![\w.])fb\.\d\.\d{10,13}\.[\w.-]{1,500}/g;
const ANALYTICS = /(?<![\w.])(?:GA1\.\d{1,2}(?:-\d{1,2})?\.)?\d{6,10}\.1\d{9}(?![\w]|\.\d)/g;
const SESSION = /(?<![\w.])GS[12]\.\d{1,2}\.[\w.$]{9,400}/g;
const CLICK = /(?<![\w.])GCL\.\d{10}\.[\w-]{10,512}/g;
const TWITTER = /(?<![\w.])tw\.\d{10,13}\.\d{10,20}/g;
/** Each with letters or signs that it cannot do without: looking for those first costs a tenth of trying the pattern. */
const TELLING = [
  ['meta.fbp', FACEBOOK, 'fb.'],
  ['ga.client_id', ANALYTICS, '.1'],
  ['ga.session_id', SESSION, 'GS'],
  ['google_ads.gclid', CLICK, 'GCL.'],
  ['x.twpid', TWITTER, 'tw.'],
] as const;

/** Values whose form alone says whose they are. */
export function tellingForms(text: string, report: Report): void {
  for (const [kind, form, mark] of TELLING) {
    if (!text.includes(mark)) continue;
    eachMatch(form, text, (match) => {
      // A click's id is long and opaque, a browser's is a random number.
      const facebook = kind === 'meta.fbp' && !/\.\d{1,10}(?:\.\w{2,8})?$/.test(match[0]);
      report(facebook ? 'meta.fbc' : kind, match.index, match.index + match[0].length);
    });
  }
}

const LINKER = /(?<![\w*])1\*\w{4,12}(?:\*[\w.]{1,64}\*[\w.-]{1,1024}){1,20}/g;

/** Google's cross-domain parameter: `1*<checksum>*<cookie>*<base64>…`. */
export function linkers(text: string, report: Report): void {
  eachMatch(LINKER, text, (match) => report('ga.linker', match.index, match.index + match[0].length));
}
