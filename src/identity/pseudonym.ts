// Keys and what is made with them: pseudonyms for one destination and period, the pairwise key of an event, and digests for our
// own books. Every use has its own key, derived from the gateway's secret, so none can be turned into another.

import { hkdfSync } from 'node:crypto';
import type { GatewaySecret } from '../core/config.ts';
import type { Claim } from '../core/consent.ts';
import type { Identifier, ReceivedEvent } from '../core/event.ts';
import type { PseudonymFormat } from '../core/identifiers.ts';
import { identifierKind, identifierName } from '../core/identifiers.ts';
import { copied, Recent } from '../core/recent.ts';
import { MacKey } from './mac.ts';
import { written } from './written.ts';

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
  /** Whoever holds a signed record, named by a claim, is found by it too, also where the site reads no id cookies. */
  subjectDigests(event: ReceivedEvent, claims?: readonly Claim[]): Subjects;
  /** The same for one id, `name` being `<system>.<kind>` or `email`. */
  subjectDigest(name: string, value: string): Subjects;
}

const MAX_KEYS = 128;
/** For each destination: ids count their periods from different starts, but few periods are current. */
const MAX_PERIODS = 16;
/** For each destination, period and kind. */
const MAX_PSEUDONYMS = 5000;
const MAX_SUBJECTS = 20_000;
const MAX_REMEMBERED = 128;

class Keys {
  readonly #secret: string;
  readonly #derived = new Recent<string, MacKey>(MAX_KEYS);

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The key of one use. */
  for(use: string): MacKey {
    const known = this.#derived.get(use);
    if (known !== undefined) return known;
    const key = new MacKey(new Uint8Array(hkdfSync('sha256', this.#secret, 'sluis', use, 32)));
    this.#derived.set(use, key);
    return key;
  }
}

// Lengths keep `a, bc` and `ab, c` apart.
const two = (a: string, b: string): string => `${a.length}:${a}${b.length}:${b}`;
const three = (a: string, b: string, c: string): string => `${two(a, b)}${c.length}:${c}`;

/** 192 bits: no two subjects or messages share a digest by chance. */
const DIGEST_CHARS = 32;

/** Makes digests of ids, and remembers those of returning visitors by kind. */
function subjectDigester(rings: readonly Keys[]): (name: string, value: string) => readonly string[] {
  const keys = rings.map((ring) => ring.for('subject'));
  const known = new Map<string, Recent<string, readonly string[]>>();
  return (name, value) => {
    let ofKind = known.get(name);
    if (ofKind === undefined) known.set(name, (ofKind = new Recent(MAX_SUBJECTS)));
    const before = ofKind.get(value);
    if (before !== undefined) return before;
    const message = two(name, value);
    const made = keys.map((key) => key.of(message, 'base64url').slice(0, DIGEST_CHARS));
    if (value.length <= MAX_REMEMBERED) ofKind.set(copied(value), made);
    return made;
  };
}

/** An order or message comes once: remembering it would push out visitors who return. */
const ONCE: ReadonlySet<string | undefined> = new Set(['order', 'event']);

/** Pseudonyms for one destination and period. */
class PseudonymUse {
  readonly #key: MacKey;
  readonly #known = new Map<string, Recent<string, string>>();

  constructor(key: MacKey) {
    this.#key = key;
  }

  of({ name, value, format }: PseudonymRequest): string {
    const forgotten = value.length > MAX_REMEMBERED || ONCE.has(identifierKind(name)?.role);
    const made = forgotten ? undefined : this.#madeOf(name, format);
    const before = made?.get(value);
    if (before !== undefined) return before;
    const pseudonym = written(format, this.#key.of(three(format, name, value), 'hex'));
    made?.set(copied(value), pseudonym);
    return pseudonym;
  }

  #madeOf(name: string, format: PseudonymFormat): Recent<string, string> {
    const kind = format + name;
    let made = this.#known.get(kind);
    if (made === undefined) this.#known.set(kind, (made = new Recent(MAX_PSEUDONYMS)));
    return made;
  }
}

function pseudonyms(ring: Keys): (request: PseudonymRequest) => string {
  const byDestination = new Map<string, Recent<string, PseudonymUse>>();
  return (request) => {
    const { destination, period } = request;
    let uses = byDestination.get(destination);
    if (uses === undefined) byDestination.set(destination, (uses = new Recent(MAX_PERIODS)));
    let use = uses.get(period);
    if (use === undefined) {
      use = new PseudonymUse(ring.for(`pseudonym ${period} ${destination}`));
      uses.set(period, use);
    }
    return use.of(request);
  };
}

/** A message comes once as a rule, so nothing of it is remembered, but the key is. */
function eventKeys(ring: Keys): Keyring['eventKey'] {
  const known = new Map<string, MacKey>();
  return (destination, site, id) => {
    let key = known.get(destination);
    if (key === undefined) known.set(destination, (key = ring.for(`event ${destination}`)));
    return written('uuid', key.of(two(site, id), 'hex'));
  };
}

export function keyring(secrets: readonly GatewaySecret[]): Keyring {
  const rings = secrets.map((secret) => new Keys(secret.value.reveal()));
  const current = rings[0];
  if (current === undefined) throw new TypeError('a keyring needs at least one secret');
  const digestsOf = subjectDigester(rings);
  const subjects = (each: (add: (name: string, value: string) => void) => void): Subjects => {
    const found: (readonly string[])[] = [];
    each((name, value) => found.push(digestsOf(name, value)));
    return subjectsFrom(found, rings.length);
  };
  // Under the oldest, so that a new secret put first does not make a client's repetition look new. When the oldest goes, the
  // event's key, made under the first, still tells vendors.
  const dedupeKey = (rings.at(-1) ?? current).for('dedupe');
  return {
    pseudonym: pseudonyms(current),
    eventKey: eventKeys(current),
    dedupeDigest: (site, messageId) => dedupeKey.of(two(site, messageId), 'base64url').slice(0, DIGEST_CHARS),
    subjectDigests: (event, claims = []) =>
      subjects((add) => {
        eachSubject(event, add);
        for (const { record } of claims) if (record !== undefined) add('record', record);
      }),
    subjectDigest: (name, value) => subjects((add) => addSubject(name, value, add)),
  };
}

/** The digests of several ids, each once; one secret, as most gateways have, makes one list. */
function subjectsFrom(found: readonly (readonly string[])[], secrets: number): Subjects {
  const all: string[] = [];
  let current: readonly string[] = all;
  for (let ring = 0; ring < secrets; ring++) {
    for (const digests of found) {
      const digest = digests[ring];
      if (digest !== undefined && !all.includes(digest)) all.push(digest);
    }
    if (ring === 0 && secrets > 1) current = [...all];
  }
  return { current, all };
}

type AddSubject = (name: string, value: string) => void;

const addSubject = (name: string, value: string, add: AddSubject): void =>
  add(name, name === 'email' ? value.trim().toLowerCase() : value);

/** Ids that stand for a person or their browser; clicks, sessions, orders and groups do not. */
const PERSONAL: ReadonlySet<string | undefined> = new Set(['visitor', 'user', 'contact']);

function addIds(ids: readonly Identifier[], add: AddSubject): void {
  for (const id of ids) {
    const name = identifierName(id);
    if (PERSONAL.has(identifierKind(name)?.role)) addSubject(name, id.value, add);
  }
}

function eachSubject(event: ReceivedEvent, add: AddSubject): void {
  addIds(event.ids, add);
  addIds(event.otherIds, add);
  const { email } = event.person;
  if (email !== undefined && email.trim() !== '') addSubject('email', email, add);
}
