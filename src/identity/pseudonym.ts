// Keys and what is made with them: pseudonyms for one destination and period, the pairwise key of an event, and digests for our
// own books. Every use has its own key, derived from the gateway's secret, so none can be turned into another.

import type { KeyObject } from 'node:crypto';
import { createHmac, createSecretKey, hkdfSync } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { GatewaySecret } from '../core/config.ts';
import type { ReceivedEvent } from '../core/event.ts';
import type { PseudonymFormat } from '../core/identifiers.ts';
import { identifierKind, identifierName } from '../core/identifiers.ts';

export interface PseudonymRequest {
  readonly destination: string;
  /** `<system>.<kind>` of the value. */
  readonly name: string;
  readonly value: string;
  readonly format: PseudonymFormat;
  /** See `periodsOf`. */
  readonly period: string;
}

/** Digests of a person's ids, to find withdrawals and erasures by. */
export interface Subjects {
  /** Under the current secret: what is written. */
  readonly current: readonly string[];
  /** Under every secret of the routing file, current first: what is looked up. */
  readonly all: readonly string[];
}

export interface Keyring {
  pseudonym(request: PseudonymRequest): string;
  /** Idempotency key of an event at one destination. `id` is the client's message id, or our own event id. */
  eventKey(destination: string, site: string, id: string): string;
  /** Marks a message as seen; never leaves. */
  dedupeDigest(site: string, messageId: string): string;
  subjectDigests(event: ReceivedEvent): Subjects;
  /** The same for one id, `name` being `<system>.<kind>` or `email`. */
  subjectDigest(name: string, value: string): Subjects;
}

const MAX_KEYS = 512;
const MAX_PSEUDONYMS = 20_000;
const MAX_REMEMBERED = 128;

class Keys {
  readonly #secret: string;
  readonly #derived = new LRUCache<string, KeyObject>({ max: MAX_KEYS });

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** HMAC-SHA-256 of the parts under the key of this use. A key object, because a raw key costs ten times as much (measured). */
  mac(use: string, parts: readonly string[]): Buffer {
    // Lengths keep `a, bc` and `ab, c` apart.
    const message = parts.map((part) => `${part.length}:${part}`).join('');
    return createHmac('sha256', this.#key(use)).update(message).digest();
  }

  #key(use: string): KeyObject {
    const known = this.#derived.get(use);
    if (known !== undefined) return known;
    const key = createSecretKey(Buffer.from(hkdfSync('sha256', this.#secret, 'sluis', use, 32)));
    this.#derived.set(use, key);
    return key;
  }
}

export function keyring(secrets: readonly GatewaySecret[]): Keyring {
  const rings = secrets.map((secret) => new Keys(secret.value.reveal()));
  const current = rings[0];
  if (current === undefined) throw new TypeError('a keyring needs at least one secret');
  const known = new LRUCache<string, string>({ max: MAX_PSEUDONYMS });
  const subjects = (named: readonly (readonly [string, string])[]): Subjects => {
    const digests = rings.map((ring) =>
      named.map((parts) => ring.mac('subject', parts).toString('base64url').slice(0, 32)),
    );
    return { current: [...new Set(digests[0])], all: [...new Set(digests.flat())] };
  };
  return {
    pseudonym: (request) => {
      const { destination, name, value, format, period } = request;
      const make = (): string =>
        written(format, current.mac(`pseudonym ${period} ${destination}`, [format, name, value]));
      if (value.length > MAX_REMEMBERED) return make();
      const key = `${destination}\n${period}\n${format}\n${name}\n${value}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const made = make();
      known.set(key, made);
      return made;
    },
    eventKey: (destination, site, id) => written('uuid', current.mac(`event ${destination}`, [site, id])),
    dedupeDigest: (site, messageId) =>
      current.mac('dedupe', [site, messageId]).toString('base64url').slice(0, 32),
    subjectDigests: (event) => subjects(subjectsOf(event)),
    subjectDigest: (name, value) => subjects([subject(name, value)]),
  };
}

const subject = (name: string, value: string): readonly [string, string] =>
  name === 'email' ? [name, value.trim().toLowerCase()] : [name, value];

/** Ids that stand for a person or their browser; clicks, sessions, orders and groups do not. */
const PERSONAL = /^(?:visitor|user|contact)$/;

function subjectsOf(event: ReceivedEvent): readonly (readonly [string, string])[] {
  const named = [...event.ids, ...event.otherIds]
    .filter((id) => PERSONAL.test(identifierKind(identifierName(id))?.role ?? ''))
    .map((id) => subject(identifierName(id), id.value));
  const { email } = event.person;
  return email === undefined || email.trim() === '' ? named : [...named, subject('email', email)];
}

/** Between July 2017 and November 2023: past for every visitor, ten digits, and nothing of the id's own time. */
const FROM_SECONDS = 1_500_000_000;
const SPAN_SECONDS = 200_000_000;
const seconds = (bytes: Buffer, offset: number): number =>
  FROM_SECONDS + (bytes.readUIntBE(offset, 6) % SPAN_SECONDS);

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Writes 32 random-looking bytes as the vendor writes its own ids. */
function written(format: PseudonymFormat, bytes: Buffer): string {
  switch (format) {
    case 'ga_client_id':
      return `${1_000_000_000 + (bytes.readUInt32BE(0) % 1_147_483_647)}.${seconds(bytes, 4)}`;
    case 'epoch_seconds':
      return String(seconds(bytes, 0));
    case 'base36':
      return bytes.readUInt32BE(0).toString(36);
    case 'hex16':
      return bytes.toString('hex', 0, 8);
    case 'hex32':
      return bytes.toString('hex', 0, 16);
    case 'alnum12':
      return Array.from(bytes.subarray(0, 12), (byte) => ALPHANUMERIC[byte % 62] ?? '').join('');
    case 'uuid':
      return uuid(bytes.toString('hex', 0, 16));
    default:
      return format satisfies never;
  }
}

/** Version 4 and its variant bits, as a random one has them. */
const uuid = (hex: string): string => {
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) & 3] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
