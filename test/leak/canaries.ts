// Canaries: values that exist once in the world, one for every kind of identifier and personal datum, so that wherever one of
// them turns up it is known whose it is and what it is.

import { Draw } from './random.ts';

export interface Canary {
  /** `<system>.<kind>`, `person.<field>` or `never.<what>`: what no rule lets leave raw. */
  readonly kind: string;
  readonly value: string;
  /** Came under two systems: no system may have it. */
  readonly shared: boolean;
  /** Other ways to say the same, and parts that are telling alone. */
  readonly parts: readonly string[];
}

const canary = (kind: string, value: string, ...parts: readonly string[]): Canary => ({
  kind,
  value,
  parts,
  shared: false,
});

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** Makes the check digit of a card number right. */
function cardNumber(draw: Draw): string {
  const head = `4${draw.digits(14)}`;
  const sum = Array.from(head).reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return head + String((10 - (sum % 10)) % 10);
}

function iban(draw: Draw): string {
  const account = `INGB0${draw.digits(9)}`;
  const digits = Array.from(`${account}NL00`)
    .map((each) => String(Number.parseInt(each, 36)))
    .join('');
  return `NL${String(98n - (BigInt(digits) % 97n)).padStart(2, '0')}${account}`;
}

/** A citizen number that passes the Dutch 11-test. */
function bsn(draw: Draw): string {
  for (;;) {
    const head = draw.digits(8);
    const sum = Array.from(head).reduce((total, digit, index) => total + Number(digit) * (9 - index), 0);
    const last = sum % 11;
    if (last < 10) return head + String(last);
  }
}

function mailbox(draw: Draw): Canary['parts'] {
  const local = `${draw.word(3)}.${draw.word(4)}${draw.int(10, 99)}`;
  return [`${capital(local)}@${draw.word(4)}.example`, local];
}

function phone(draw: Draw, kind: string): Canary {
  const national = `6${draw.digits(8)}`;
  return canary(
    kind,
    `+31${national}`,
    `31${national}`,
    `0031${national}`,
    `0${national}`,
    `+31 ${national.slice(0, 1)} ${national.slice(1)}`,
  );
}

function agent(draw: Draw): Canary {
  const build = `${draw.int(100, 140)}.0.${draw.int(1000, 9999)}.${draw.int(100, 999)}`;
  const own = `Zeilboot/${draw.digits(9)}`;
  return canary(
    'person.user_agent',
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${build} Safari/537.36 ${own}`,
    own,
    build,
  );
}

const stamped = (draw: Draw, now: number): string => String(now - draw.int(10_000, 9_000_000_000));

/** What stays with a visitor. */
export function visitorCanaries(draw: Draw, now: number): readonly Canary[] {
  const seconds = String(Math.floor((now - draw.int(10_000, 9_000_000_000)) / 1000));
  const number = draw.digits(10);
  const fbp = draw.digits(10) + draw.digits(8);
  const clickId = `IwAR${draw.alnum(40)}`;
  const [email = '', local = ''] = mailbox(draw);
  const [other = '', otherLocal = ''] = mailbox(draw);
  const [first, last] = [capital(draw.word(4)), capital(draw.word(5))];
  const street = `${capital(draw.word(4))}straat ${draw.int(100, 999)}`;
  return [
    canary('ga.client_id', `${number}.${seconds}`, number),
    canary('ga.session_id', seconds.slice(0, 5) + draw.digits(5)),
    canary('hubspot.utk', draw.hex(32)),
    canary('hubspot.contact_id', draw.digits(11)),
    canary('clarity.user_id', `c${draw.base36(11)}`),
    canary('clarity.session_id', `d${draw.base36(11)}`),
    canary('meta.fbp', `fb.1.${stamped(draw, now)}.${fbp}`, fbp),
    canary('meta.fbc', `fb.1.${stamped(draw, now)}.${clickId}`, clickId),
    canary('meta.external_id', `ext-${draw.alnum(18)}`),
    canary('x.twclid', `2-${draw.base36(30)}`),
    canary('google_ads.gclid', `Cj0KCQ${draw.alnum(40)}`),
    canary('linkedin.li_fat_id', draw.uuid()),
    canary('tiktok.ttclid', `E.C.P.${draw.alnum(40)}`),
    canary('tiktok.ttp', draw.alnum(27)),
    canary('pinterest.epik', `dj0y${draw.alnum(40)}`),
    canary('microsoft_ads.msclkid', draw.hex(32)),
    canary('matomo.visitor_id', draw.hex(16)),
    canary('woopra.cookie', draw.alnum(12)),
    canary('snowplow.domain_user_id', draw.uuid()),
    canary('hotjar.user', Buffer.from(JSON.stringify({ id: draw.uuid() })).toString('base64')),
    canary('site.anonymous_id', draw.uuid()),
    canary('site.user_id', `user-${draw.digits(9)}`),
    canary('site.group_id', `group-${draw.alnum(14)}`),
    canary('site.device_id', draw.uuid().toUpperCase()),
    canary('person.email', email, local),
    phone(draw, 'person.phone'),
    canary('person.first_name', first),
    canary('person.last_name', last, `${first} ${last}`),
    canary('person.street', street),
    canary('person.postal_code', `${draw.digits(4)} ${draw.text('BCDFGHJKLMNPRST', 2)}`),
    canary('person.city', `${capital(draw.word(5))}dam`),
    canary('person.company', `${capital(draw.word(5))} Holding`),
    canary(
      'person.ip',
      `${draw.int(80, 95)}.${draw.int(100, 250)}.${draw.int(100, 250)}.${draw.int(100, 250)}`,
    ),
    agent(draw),
    canary('never.card', cardNumber(draw)),
    canary('never.iban', iban(draw)),
    canary('never.bsn', bsn(draw)),
    canary('never.other_email', other, otherLocal),
    phone(draw, 'never.other_phone'),
  ].map((each) => ({ ...each, parts: each.parts.filter((part) => part !== '' && part !== each.value) }));
}

/** The same id given to two systems, as sites do that hand their own user id to a vendor. */
export const withShared = (canaries: readonly Canary[]): readonly Canary[] => {
  const user = canaries.find(({ kind }) => kind === 'site.user_id');
  return canaries.map((each) =>
    each.kind === 'site.user_id' || each.kind === 'meta.external_id'
      ? { ...each, value: user?.value ?? '', shared: true }
      : each,
  );
};

/** What belongs to one event. */
export const eventCanaries = (draw: Draw): readonly Canary[] => [
  canary('site.message_id', `ajs-next-${draw.digits(13)}-${draw.uuid()}`),
  canary('site.order_id', `ORD-${draw.alnum(10)}-${draw.digits(6)}`),
  canary('meta.event_id', `evt.${draw.alnum(20)}`),
  canary('x.conversion_id', `conv_${draw.alnum(20)}`),
  canary('site.session_id', draw.digits(13)),
];

/** Person fields and ids of which free text gives them away by themselves. */
export const SELF_EVIDENT: ReadonlySet<string> = new Set([
  'never.card',
  'never.iban',
  'never.bsn',
  'never.other_email',
  'never.other_phone',
]);

/** Name parts that any vendor could join on are secret, and so is every spelling of a number. */
export const needlesOf = ({ value, parts }: Canary): readonly string[] => [value, ...parts];
