// The resting form of an admission: rows of a head (what is needed to queue, find and report) and a body (what is needed to
// send), under one checksum and a schema version. Reading is strict: what does not have exactly this shape is poison.

import { crc32 } from 'node:zlib';
import type { EventFacts } from '../core/decision.ts';
import type { Delivery } from '../core/delivery.ts';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import { PermittedEvent } from '../core/permitted.ts';
import type { PermittedData } from '../core/permitted.ts';
import type { Admission, AdmittedEvent } from '../core/ports.ts';
import type { Head, RestingHead } from './head.ts';
import {
  commonText,
  consentOf,
  consentText,
  dataOf,
  factsOf,
  factsText,
  grantedText,
  isCommon,
  ownText,
} from './parts.ts';
import { MadeAdmission } from './made.ts';
import { isEventFacts, isPermittedData, parse } from './shape.ts';

/** Raise it with every change of the resting form. Rows of a higher one are left alone. */
export const SCHEMA = 3;
/** An admission of more is kept as several rows, so that settling one delivery rewrites little. */
const ROW_DELIVERIES = 64;

export interface RestingRow {
  readonly schema: number;
  readonly check: number;
  readonly head: string;
  /** First line: what its deliveries share. Each further line: what one delivery has of its own. JSON holds no raw line breaks. */
  readonly body: string;
}

export interface EncodedRow extends RestingRow {
  /** What the queue has to know of it: how many events of the admission it holds, and the destination of each line. */
  readonly told: {
    readonly receivedAt: number;
    readonly events: number;
    readonly destinations: readonly string[];
  };
}

/** Splits between events only: the deliveries of one event stay together. */
export function encode(admission: Admission, events: readonly AdmittedEvent[]): readonly EncodedRow[] {
  const made = MadeAdmission.of(admission, events);
  if (made !== undefined) return made.rows;
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
  const leaving: string[][] = [];
  const destinations: string[] = [];
  const facts: string[] = [];
  const common: string[] = [];
  const granted: string[] = [];
  // Texts are added to one another rather than joined, which would copy each once more.
  let lines = '';
  let last: PermittedData | null = null;
  for (const event of events) {
    leaving.push([event.id, event.facts.name, ...event.destinations]);
    destinations.push(...event.destinations);
    for (const { data } of event.permitted) {
      if (last === null || !isCommon(data, last)) common.push(commonText(data));
      last = data;
      const places = `"common":${common.length - 1},"granted":${placeOf(grantedText(data.consent), granted)}`;
      lines += `\n{"event":${facts.length},${places},"own":${ownText(data)}}`;
    }
    facts.push(factsText(event.facts));
  }
  const resting: RestingHead = { admission: id, site, config, receivedAt, subjects, events: leaving };
  const head = JSON.stringify(resting);
  const body = `{"consent":${consentText(consent)},"facts":[${facts.join()}],"common":[${common.join()}],"granted":[${granted.join()}]}${lines}`;
  return {
    schema: SCHEMA,
    check: checksum(head, body),
    head,
    body,
    told: { receivedAt, events: events.length, destinations },
  };
}

/** Where a text stands in a list, added if it is new: of some dozen, so that looking through them is quicker than a table. */
export function placeOf(text: string, list: string[]): number {
  const at = list.indexOf(text);
  return at < 0 ? list.push(text) - 1 : at;
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
    if (isShared(shared)) this.#shared = { ...shared, consent: consentOf(shared.consent) };
  }

  /** The delivery at this position, or the code of why it cannot be read. */
  read(position: number): Delivery | { readonly poison: string } {
    if (this.#lines === null) return { poison: 'checksum' };
    const named = this.#head.deliveries[position];
    const line = parse(this.#lines[position + 1] ?? '');
    if (this.#shared === null || named === undefined || !isLine(line)) return { poison: 'shape' };
    const [event, name, destination] = named;
    const { facts: all, consent, common, granted } = this.#shared;
    const facts = factsOf(all[line.event], { site: this.#head.site, name, consent });
    const data = dataOf(common[line.common], line.own, {
      site: this.#head.site,
      consent: granted[line.granted],
    });
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
  /** What vendors are told of consent. */
  readonly granted: readonly unknown[];
}

const isShared = (value: unknown): value is SharedLine =>
  isObject(value) &&
  'consent' in value &&
  [value['facts'], value['common'], value['granted']].every((list) => Array.isArray(list));

/** What one delivery has of its own, and where it finds the rest in the shared line. */
interface OwnLine {
  readonly event: number;
  readonly common: number;
  readonly granted: number;
  readonly own: JsonObject;
}

const isLine = (value: unknown): value is OwnLine =>
  isObject(value) &&
  [value['event'], value['common'], value['granted']].every((place) => typeof place === 'number') &&
  isObject(value['own'] ?? null);

/** Of both, one after the other: joined, they would be copied once for this alone. */
const checksum = (head: string, body: string): number => crc32(body, crc32(head));
