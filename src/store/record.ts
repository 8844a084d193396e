// The resting form of an admission: rows of a head (what is needed to queue, find and report) and a body (what is needed to
// send), under one checksum and a schema version. Reading is strict: what does not have exactly this shape is poison.

import { crc32 } from 'node:zlib';
import type { Claim, ConsentState } from '../core/consent.ts';
import type { EventFacts } from '../core/decision.ts';
import type { Delivery } from '../core/delivery.ts';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { PermittedEvent } from '../core/permitted.ts';
import type { PermittedConsent, PermittedData } from '../core/permitted.ts';
import type { Admission, AdmittedEvent } from '../core/ports.ts';
import { isEventFacts, isPermittedData } from './shape.ts';

/** Raise it with every change of the resting form. Rows of a higher one are left alone. */
export const SCHEMA = 1;
/** An admission of more is kept as several rows, so that settling one delivery rewrites little. */
const ROW_DELIVERIES = 64;

/** What a row says about itself without opening its payload. */
export interface Head {
  readonly admission: string;
  readonly site: string;
  readonly config: string;
  readonly receivedAt: number;
  readonly subjects: readonly string[];
  /** Event id, event name, destination, in the order of the body's lines. */
  readonly deliveries: readonly (readonly [event: string, name: string, destination: string])[];
}

export interface RestingRow {
  readonly schema: number;
  readonly check: number;
  readonly head: string;
  /** First line: what its deliveries share. Each further line: what one delivery has of its own. JSON holds no raw line breaks. */
  readonly body: string;
}

export interface EncodedRow extends RestingRow {
  readonly told: Head;
}

/** Splits between events only: the deliveries of one event stay together. */
export function encode(admission: Admission, events: readonly AdmittedEvent[]): readonly EncodedRow[] {
  const rows: EncodedRow[] = [];
  let chunk: AdmittedEvent[] = [];
  let deliveries = 0;
  for (const event of events) {
    if (chunk.length > 0 && deliveries + event.permitted.length > ROW_DELIVERIES) {
      rows.push(encodeRow(admission, chunk));
      [chunk, deliveries] = [[], 0];
    }
    chunk.push(event);
    deliveries += event.permitted.length;
  }
  if (chunk.length > 0) rows.push(encodeRow(admission, chunk));
  return rows;
}

function encodeRow(admission: Admission, events: readonly AdmittedEvent[]): EncodedRow {
  const { id, site, config, receivedAt, subjects, consent } = admission;
  const deliveries: [string, string, string][] = [];
  const common: string[] = [];
  const lines: string[] = [];
  let last: PermittedData | null = null;
  for (const [index, event] of events.entries())
    for (const { data } of event.permitted) {
      deliveries.push([event.id, event.facts.name, data.destination]);
      if (last === null || !isCommon(data, last)) common.push(commonText(data));
      last = data;
      lines.push(`{"event":${index},"common":${common.length - 1},"own":${ownText(data)}}`);
    }
  const told: Head = { admission: id, site, config, receivedAt, subjects, deliveries };
  const head = JSON.stringify(told);
  const facts = JSON.stringify(events.map((event) => event.facts));
  const shared = `{"consent":${consentText(consent)},"facts":${facts},"common":[${common.join()}]}`;
  const body = `${shared}\n${lines.join('\n')}`;
  return { schema: SCHEMA, check: checksum(head, body), head, body, told };
}

/**
 * A returning visitor's claim is the same object again, and most of a consent state is claims; what a vendor is told of consent
 * is one object for each plan.
 */
const texts = new WeakMap<Claim | PermittedConsent, string>();

function remembered(part: Claim | PermittedConsent): string {
  let text = texts.get(part);
  if (text === undefined) texts.set(part, (text = JSON.stringify(part)));
  return text;
}

function consentText({ claims, label, readAt }: ConsentState): string {
  const rest = { label, readAt } satisfies Omit<ConsentState, 'claims'>;
  return withCommon(`{"claims":[${claims.map(remembered).join()}]}`, JSON.stringify(rest));
}

/** What differs by destination; the rest is mostly the same objects for all destinations of an event. */
type Own = 'destination' | 'key' | 'anonymous' | 'ids' | 'links' | 'kept' | 'person' | 'consent' | 'wire';
type Common = Omit<PermittedData, Own>;

const isCommon = (a: PermittedData, b: PermittedData): boolean =>
  a.params === b.params &&
  a.items === b.items &&
  a.page === b.page &&
  a.campaign === b.campaign &&
  a.device === b.device &&
  a.traits === b.traits &&
  a.site === b.site &&
  a.intake === b.intake &&
  a.type === b.type &&
  a.name === b.name &&
  a.occurredAt === b.occurredAt;

/** Rests once for all that have it: two thirds of what four destinations get. */
function commonText(data: PermittedData): string {
  const { site, intake, type, name, occurredAt, params, items, page, campaign, device, traits } = data;
  const common: Common = {
    site,
    intake,
    type,
    name,
    occurredAt,
    params,
    items,
    page,
    campaign,
    device,
    traits,
  };
  return JSON.stringify(common);
}

function ownText({
  destination,
  key,
  anonymous,
  ids,
  links,
  kept,
  person,
  consent,
  wire,
}: PermittedData): string {
  const own = { destination, key, anonymous, ids, links, kept, person, wire };
  return `${JSON.stringify(own satisfies Omit<Record<Own, unknown>, 'consent'>).slice(0, -1)},"consent":${remembered(consent)}}`;
}

/** Two objects of different members as one; neither is empty. */
const withCommon = (own: string, common: string): string => `${own.slice(0, -1)},${common.slice(1)}`;

/** Null if it cannot be read. */
export function decodeHead(text: string): Head | null {
  const value = parse(text);
  return isHead(value) ? value : null;
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { admission, site, config, receivedAt, subjects, deliveries } = value as Partial<Head>; // each is checked below
  return (
    [admission, site, config].every((one) => typeof one === 'string') &&
    Number.isFinite(receivedAt) &&
    Array.isArray(subjects) &&
    subjects.every((one) => typeof one === 'string') &&
    Array.isArray(deliveries) &&
    deliveries.every(
      (one) => Array.isArray(one) && one.length === 3 && one.every((part) => typeof part === 'string'),
    )
  );
}

/** Reads single deliveries out of one row; the checksum and the shared line are looked at once. */
export class RowReader {
  readonly #head: Head;
  #lines: readonly string[] | null = null;
  #shared: SharedLine | null = null;

  constructor(row: RestingRow, head: Head) {
    this.#head = head;
    if (row.schema !== SCHEMA || checksum(row.head, row.body) !== row.check) return;
    this.#lines = row.body.split('\n');
    const shared = parse(this.#lines[0] ?? '');
    if (isShared(shared)) this.#shared = shared;
  }

  /** The delivery at this position, or the code of why it cannot be read. */
  read(position: number): Delivery | { readonly poison: string } {
    if (this.#lines === null) return { poison: 'checksum' };
    const named = this.#head.deliveries[position];
    const line = parse(this.#lines[position + 1] ?? '');
    if (this.#shared === null || named === undefined || !isLine(line)) return { poison: 'shape' };
    const told = this.#shared.facts[line.event];
    const facts = typeof told === 'object' ? { ...told, consent: this.#shared.consent } : null;
    const common = this.#shared.common[line.common];
    const data = typeof common === 'object' ? { ...common, ...line.own } : null;
    const [event, , destination] = named;
    if (!isEventFacts(facts) || !isPermittedData(data)) return { poison: 'shape' };
    if (data.destination !== destination) return { poison: 'misrouted' };
    return this.#delivery(event, facts, data);
  }

  #delivery(event: string, facts: EventFacts, data: PermittedData): Delivery {
    return {
      kind: 'event',
      destination: data.destination,
      admission: this.#head.admission,
      event,
      facts,
      permitted: PermittedEvent.revive(data),
      subjects: this.#head.subjects,
      receivedAt: this.#head.receivedAt,
    };
  }
}

interface SharedLine {
  readonly consent: unknown;
  readonly facts: readonly unknown[];
  readonly common: readonly unknown[];
}

const isShared = (value: unknown): value is SharedLine =>
  isObject(value) && 'consent' in value && Array.isArray(value['facts']) && Array.isArray(value['common']);

const isLine = (
  value: unknown,
): value is { readonly event: number; readonly common: number; readonly own: JsonObject } =>
  isObject(value) &&
  typeof value['event'] === 'number' &&
  typeof value['common'] === 'number' &&
  isObject(value['own'] ?? null);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const checksum = (head: string, body: string): number => crc32(body, crc32(head));
