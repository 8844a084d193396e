// The values that one event carries as identifiers or personal data, in every form in which they could hide in its other
// fields. They are looked for in all that leaves; digests of them are computed only when something looks like a digest.

import { hash } from 'node:crypto';
import type { ReceivedEvent } from '../core/event.ts';
import { identifierName } from '../core/identifiers.ts';
import type { PersonField } from '../core/person.ts';

export interface Needle {
  /** Lower case. */
  readonly value: string;
  /** `<system>.<kind>`, `person.<field>` or `message_id`: whose value it is. */
  readonly source: string;
  /** Found only where no letter or digit adjoins: short values and plain numbers. */
  readonly whole: boolean;
}

export interface Digest {
  /** Lower case. */
  readonly hex: string;
  /** In the url alphabet, without padding. */
  readonly base64: string;
}

export interface Needles {
  readonly words: readonly Needle[];
  /** Values too short to be looked for in text: they count where a name says what they are. */
  readonly short: readonly Needle[];
  /** Shortest length of `words`; strings below it are not searched. */
  readonly shortest: number;
  /** Last eight digits of the phones carried. */
  readonly phones: ReadonlySet<string>;
  /** MD5, SHA-1 and SHA-256 of the values: computed at the first call. */
  digests(): readonly Digest[];
}

/** Says nothing alone, so a page may hold the word by chance. */
const COMMON_WORDS: readonly PersonField[] = ['gender'];
/** Places shorter than this are codes of countries and regions. */
const SHORTEST_PLACE = 4;
const PLACES: readonly PersonField[] = ['city', 'region'];
const MIN_SUBSTRING = 6;

const BEYOND_ASCII = /[^\u0000-\u007f]/; // oxlint-disable-line no-control-regex -- the whole of ASCII

class Collection {
  readonly words: Needle[] = [];
  readonly short: Needle[] = [];
  readonly phones = new Set<string>();
  readonly raw = new Set<string>();
  readonly #seen = new Set<string>();

  add(value: string, source: string): void {
    const plain = value.trim().toLowerCase();
    if (plain === '') return;
    this.raw.add(value);
    this.#form(plain, source);
    if (BEYOND_ASCII.test(plain)) this.#form(plain.normalize('NFKC'), source);
    if (!source.startsWith('person.')) this.#parts(plain, source);
  }

  /** Names and streets are written with other signs in addresses. */
  addSpelled(value: string, source: string): void {
    this.add(value, source);
    const plain = value.trim().toLowerCase();
    if (!/\s/.test(plain)) return;
    const words = plain.split(/\s+/);
    for (const sign of ['-', '+', '_', '.', '']) this.#form(words.join(sign), source);
  }

  /** `jan.jansen` names its owner without the domain; `info` does not. */
  addLocalPart(email: string, source: string): void {
    const local = email.trim().toLowerCase().split('@', 1)[0] ?? '';
    if (local.length >= MIN_SUBSTRING && /[._\d-]/.test(local)) this.#form(local, source);
  }

  addPhone(value: string, source: string): void {
    this.add(value, source);
    const digits = value.replace(/\D/g, '');
    if (digits.length < 8) return;
    this.phones.add(digits.slice(-8));
    this.#form(digits, source);
  }

  /** `1837402915.1763900001`, `fb.1.…`, `GA1.1.…`: a long part alone still singles out. */
  #parts(value: string, source: string): void {
    if (!value.includes('.') && !value.includes('|')) return;
    for (const part of value.split(/[.|]/, 12)) if (part.length >= 8) this.#form(part, source);
  }

  #form(value: string, source: string): void {
    if (this.#seen.has(value)) return;
    this.#seen.add(value);
    const numeric = /^\d+$/.test(value);
    const long = value.length >= MIN_SUBSTRING;
    if (!long && (numeric || value.length < 2)) this.short.push({ value, source, whole: true });
    else this.words.push({ value, source, whole: numeric || !long });
  }
}

function addPerson(into: Collection, event: ReceivedEvent): void {
  for (const [field, value] of Object.entries(event.person)) {
    if (typeof value !== 'string' || COMMON_WORDS.some((word) => word === field)) continue;
    if (PLACES.some((place) => place === field) && value.trim().length < SHORTEST_PLACE) continue;
    const source = `person.${field}`;
    if (field === 'email') into.addLocalPart(value, source);
    if (field === 'phone') into.addPhone(value, source);
    else into.addSpelled(value, source);
  }
  if (event.ip !== null) into.add(event.ip, 'person.ip');
  if (event.device.userAgent !== null) into.add(event.device.userAgent, 'person.user_agent');
}

/** Parameters that are ids by their meaning, whatever the intake made of them. */
const ID_PARAMS = ['transaction_id', 'order_id', 'event_id'] as const;

/** Every value of the event that may stand nowhere but in its own place. */
export function needlesOf(event: ReceivedEvent): Needles {
  const into = new Collection();
  for (const id of event.ids) into.add(id.value, identifierName(id));
  for (const id of event.otherIds) into.add(id.value, identifierName(id));
  if (event.messageId !== null) into.add(event.messageId, 'message_id');
  for (const name of ID_PARAMS) {
    const value = event.params[name];
    if (typeof value === 'string' || typeof value === 'number') into.add(String(value), 'site.order_id');
  }
  addPerson(into, event);
  let digests: readonly Digest[] | null = null;
  return {
    words: into.words,
    short: into.short,
    shortest: into.words.reduce((least, needle) => Math.min(least, needle.value.length), Infinity),
    phones: into.phones,
    digests: () => (digests ??= digestsOf(into.raw)),
  };
}

function digestsOf(values: ReadonlySet<string>): readonly Digest[] {
  const digests: Digest[] = [];
  for (const value of values) {
    const digitsOnly = value.replace(/\D/g, '');
    const forms = new Set([value, value.trim(), value.trim().toLowerCase(), value.trim().toUpperCase()]);
    if (digitsOnly.length >= 8) forms.add(digitsOnly).add(`+${digitsOnly}`);
    for (const form of forms) {
      for (const algorithm of ['md5', 'sha1', 'sha256']) {
        const digest = hash(algorithm, form, 'buffer');
        digests.push({ hex: digest.toString('hex'), base64: digest.toString('base64url') });
      }
    }
  }
  return digests;
}

/** Names behind which even a short number is an id. */
const ID_NAME =
  /(?:^|[_\-. ])(?:u?id|nr|no|number|key)$|[a-z]Id$|user|uid|account|customer|client|klant|kunde|member|visitor|contact|profile|person|login/i;

/** Is the whole of a named value one of the short ones? Two-digit numbers count only behind the name of an id. */
export function isShortNeedle(needles: Needles, name: string, value: string): boolean {
  if (needles.short.length === 0 || value.length > MIN_SUBSTRING || !ID_NAME.test(name)) return false;
  const plain = value.trim().toLowerCase();
  return needles.short.some((needle) => needle.value === plain);
}
