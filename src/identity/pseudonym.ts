// Keys and what is made with them: pseudonyms for one destination and period, the pairwise key of an event, and digests for our
// own books. Every use has its own key, derived from the gateway's secret, so none can be turned into another.

import { hkdfSync } from 'node:crypto';
import type { GatewaySecret } from '../core/config.ts';
import type { Claim } from '../core/consent.ts';
import type { ReceivedEvent } from '../core/event.ts';
import type { PseudonymFormat } from '../core/identifiers/kind.ts';
import { identifierKind, identifierName } from '../core/identifiers.ts';
import { copied, Recent } from '../core/recent.ts';
import type { Visitor } from '../detect/visitor.ts';
import { MAX_VISITORS } from '../detect/visitor.ts';
import type { Opened } from './mac.ts';
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

/** What of an event, or of an upload of a recording, tells whose it is. */
type Carrier = Pick<ReceivedEvent, 'ids' | 'otherIds' | 'person'>;

/** Digests of a person's ids, to find withdrawals and erasures by. */
export interface Subjects {
  /** Under the current secret: what is written. */
  readonly current: readonly string[];
  /** Under every secret of the routing file, current first: what is looked up. */
  readonly all: readonly string[];
}

export interface Keyring {
  pseudonym(request: PseudonymRequest): string;
  /** What of an event's key is the same at every destination. `id` is the client's message id, or our own event id. */
  openedEvent(site: string, id: string): Opened;
  /** Idempotency key of an event at one destination. */
  eventKey(destination: string, event: Opened): string;
  /** Marks a message as seen; never leaves. */
  dedupeDigest(site: string, messageId: string): string;
  /**
   * Whoever holds a signed record, named by a claim, is found by it too, also where the site reads no id cookies. With the visitor
   * whose event it is they are remembered.
   */
  subjectDigests(event: Carrier, claims?: readonly Claim[], visitor?: Visitor): Subjects;
  /** The same for one id, `name` being `<system>.<kind>` or `email`. */
  subjectDigest(name: string, value: string): Subjects;
}

const MAX_KEYS = 128;
/** For each destination: ids count their periods from different starts, but few periods are current. */
const MAX_PERIODS = 16;

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

interface Remembered {
  readonly records: readonly string[];
  readonly subjects: Subjects;
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, at) => text === b[at]);

/** Those of visitors are remembered, with the records that they showed. */
function subjectDigester(keys: readonly MacKey[]): Keyring['subjectDigests'] {
  const known = new Recent<Visitor, Remembered>(MAX_VISITORS);
  return (event, claims = [], visitor) => {
    const records: string[] = [];
    for (const { record } of claims) if (record !== undefined) records.push(record);
    const before = visitor === undefined ? undefined : known.get(visitor);
    if (before !== undefined && isSame(before.records, records)) return before.subjects;
    const subjects = subjectsFrom(keys, subjectsOf(event, records));
    if (visitor?.isRemembered === true) known.set(visitor, { records: records.map(copied), subjects });
    return subjects;
  };
}

/** Each once, the current secret's first. */
function subjectsFrom(keys: readonly MacKey[], messages: readonly string[]): Subjects {
  const all: string[] = [];
  let current: readonly string[] = all;
  for (const [ring, key] of keys.entries()) {
    for (const message of messages) {
      const digest = key.of(message, 'base64url').slice(0, DIGEST_CHARS);
      if (!all.includes(digest)) all.push(digest);
    }
    if (ring === 0 && keys.length > 1) current = [...all];
  }
  return { current, all };
}

/** Pseudonyms themselves are remembered with the visitor whom they are for; see `NamedId`. */
function pseudonyms(ring: Keys): (request: PseudonymRequest) => string {
  const byDestination = new Map<string, Recent<string, MacKey>>();
  return ({ destination, period, format, name, value }) => {
    let keys = byDestination.get(destination);
    if (keys === undefined) byDestination.set(destination, (keys = new Recent(MAX_PERIODS)));
    let key = keys.get(period);
    if (key === undefined) keys.set(period, (key = ring.for(`pseudonym ${period} ${destination}`)));
    return written(format, key.of(three(format, name, value), 'hex'));
  };
}

/**
 * Opened under one key and closed under the destination's, so that each destination costs one hash. A message comes once as a rule,
 * so nothing of it is remembered, but the keys are.
 */
function eventKeys(ring: Keys): Pick<Keyring, 'eventKey' | 'openedEvent'> {
  const first = ring.for('event');
  const known = new Map<string, MacKey>();
  return {
    openedEvent: (site, id) => first.open(two(site, id)),
    eventKey: (destination, event) => {
      let key = known.get(destination);
      if (key === undefined) known.set(destination, (key = ring.for(`event ${destination}`)));
      return written('uuid', key.close(event, 'hex'));
    },
  };
}

export function keyring(secrets: readonly GatewaySecret[]): Keyring {
  const rings = secrets.map((secret) => new Keys(secret.value.reveal()));
  const current = rings[0];
  if (current === undefined) throw new TypeError('a keyring needs at least one secret');
  const subjectKeys = rings.map((ring) => ring.for('subject'));
  // Under the oldest, so that a new secret put first does not make a client's repetition look new. When the oldest goes, the
  // event's key, made under the first, still tells vendors.
  const dedupeKey = (rings.at(-1) ?? current).for('dedupe');
  return {
    pseudonym: pseudonyms(current),
    ...eventKeys(current),
    dedupeDigest: (site, messageId) => dedupeKey.of(two(site, messageId), 'base64url').slice(0, DIGEST_CHARS),
    subjectDigests: subjectDigester(subjectKeys),
    subjectDigest: (name, value) => subjectsFrom(subjectKeys, [subject(name, value)]),
  };
}

/** What a subject's digest is made of. */
const subject = (name: string, value: string): string =>
  two(name, name === 'email' ? value.trim().toLowerCase() : value);

/** Ids that stand for a person or their browser; clicks, sessions, orders and groups do not. */
const PERSONAL: ReadonlySet<string | undefined> = new Set(['visitor', 'user', 'contact']);

function subjectsOf(event: Carrier, records: readonly string[]): readonly string[] {
  const subjects: string[] = [];
  for (const ids of [event.ids, event.otherIds])
    for (const id of ids) {
      const name = identifierName(id);
      if (PERSONAL.has(identifierKind(name)?.role)) subjects.push(subject(name, id.value));
    }
  const { email } = event.person;
  if (email !== undefined && email.trim() !== '') subjects.push(subject('email', email));
  for (const record of records) subjects.push(subject('record', record));
  return subjects;
}
