// Admissions on their way from the thread that judged them to the one that owns the store, as the rows they will rest as: the
// owner only has to write them. What it keeps in part, since it knew some events, it reads back as it reads from disk.

import type { ConsentState } from '../core/consent.ts';
import type { EventFacts } from '../core/decision.ts';
import type { Delivery } from '../core/delivery.ts';
import type { PermittedEvent } from '../core/permitted.ts';
import type { Admission, AdmittedEvent } from '../core/ports.ts';
import { decodeHead } from './head.ts';
import type { RestingHead } from './head.ts';
import { admittedAs } from './ledger.ts';
import type { Entry } from './ledger.ts';
import { MadeAdmission } from './made.ts';
import { encode, placeOf, RowReader, SCHEMA } from './record.ts';
import type { EncodedRow } from './record.ts';

/** Strings and numbers in a row: measured, they cross in 2 µs an event, objects in 4, a transferred buffer of bytes in 6. */
export type Piece = string | number;

/** What neither head nor body says: for each event its digest, and for each delivery whether it is anonymous and its fields. */
interface Told {
  readonly intake: string;
  readonly dedupe: readonly (string | null)[];
  readonly names: readonly string[];
  readonly left: readonly (readonly number[])[];
}

/** Adds what `take` reads. */
export function carry(admission: Admission, pieces: Piece[]): void {
  const { events, intake } = admission;
  const rows = encode(admission, events);
  const names: string[] = [];
  const left: number[][] = [];
  for (const { permitted, fields } of events)
    for (const { data } of permitted) {
      const own = Object.hasOwn(fields, data.destination) ? (fields[data.destination] ?? []) : [];
      left.push([data.anonymous ? 1 : 0, ...own.map((name) => placeOf(name, names))]);
    }
  const told: Told = { intake, dedupe: events.map(({ dedupe }) => dedupe), names, left };
  pieces.push(rows.length, JSON.stringify(told));
  for (const { head, body, check } of rows) pieces.push(head, body, check);
}

/** A row with its head read. */
interface TakenRow extends EncodedRow {
  readonly resting: RestingHead;
}

export interface PieceReader {
  text(): string;
  number(): number;
}

function takeRow(from: PieceReader): TakenRow {
  const head = from.text();
  const resting: RestingHead = JSON.parse(head);
  const destinations: string[] = [];
  for (const [, , ...names] of resting.events) destinations.push(...names);
  const told = { receivedAt: resting.receivedAt, events: resting.events.length, destinations };
  return { schema: SCHEMA, head, body: from.text(), check: from.number(), told, resting };
}

/** The admission that the next pieces carry, as `carry` wrote them. Its payload is read only if it is asked for. */
export function take(from: PieceReader): Admission {
  const count = from.number();
  const told: Told = JSON.parse(from.text());
  const rows: TakenRow[] = [];
  while (rows.length < count) rows.push(takeRow(from));
  const [first] = rows;
  if (first === undefined) throw new TypeError('an admission without a row');
  const payload = new Payload(rows, told);
  const { admission: id, site, config, receivedAt, subjects } = first.resting;
  const { intake } = told;
  const consent = new CarriedConsent(payload);
  const events = eventsOf(rows, told, payload);
  return new MadeAdmission(
    { id, site, intake, receivedAt, config, subjects, consent, events },
    { rows, entries: () => entriesOf(rows, told) },
  );
}

function eventsOf(rows: readonly TakenRow[], { dedupe }: Told, payload: Payload): readonly AdmittedEvent[] {
  const events: AdmittedEvent[] = [];
  for (const { resting } of rows)
    for (const [id = '', , ...destinations] of resting.events) {
      const index = events.length;
      events.push(new CarriedEvent({ id, dedupe: dedupe[index] ?? null, destinations }, { payload, index }));
    }
  return events;
}

class CarriedConsent implements ConsentState {
  readonly #payload: Payload;

  constructor(payload: Payload) {
    this.#payload = payload;
  }

  get claims(): ConsentState['claims'] {
    return this.#payload.consent.claims;
  }

  get label(): ConsentState['label'] {
    return this.#payload.consent.label;
  }

  get readAt(): number {
    return this.#payload.consent.readAt;
  }
}

class CarriedEvent implements AdmittedEvent {
  readonly id: string;
  readonly dedupe: string | null;
  readonly destinations: readonly string[];
  readonly #payload: Payload;
  readonly #index: number;

  constructor(
    { id, dedupe, destinations }: Pick<AdmittedEvent, 'id' | 'dedupe' | 'destinations'>,
    { payload, index }: { readonly payload: Payload; readonly index: number },
  ) {
    this.id = id;
    this.dedupe = dedupe;
    this.destinations = destinations;
    this.#payload = payload;
    this.#index = index;
  }

  get facts(): AdmittedEvent['facts'] {
    return this.#payload.facts(this.#index);
  }

  get permitted(): AdmittedEvent['permitted'] {
    return this.#payload.permitted(this.#index);
  }

  get fields(): AdmittedEvent['fields'] {
    return this.#payload.fields(this.#index);
  }
}

function entriesOf(rows: readonly TakenRow[], { names, left }: Told): readonly Entry[] {
  const entries: Entry[] = [];
  for (const { resting } of rows) {
    const { admission, site, config } = resting;
    for (const [event = '', name = '', ...destinations] of resting.events)
      for (const destination of destinations) {
        const [anonymous, ...own] = left[entries.length] ?? [];
        const fields = own.map((place) => names[place] ?? '');
        const reasons = admittedAs(anonymous === 1);
        entries.push({
          admission,
          event,
          site,
          name,
          destination,
          step: 'admitted',
          reasons,
          fields,
          config,
        });
      }
  }
  return entries;
}

/** The events of an admission read out of its rows, at the first question. */
class Payload {
  readonly #rows: readonly TakenRow[];
  readonly #told: Told;
  #events: readonly (readonly Delivery[])[] | null = null;

  constructor(rows: readonly TakenRow[], told: Told) {
    this.#rows = rows;
    this.#told = told;
  }

  get consent(): ConsentState {
    return this.#first(0).facts.consent;
  }

  facts(event: number): Omit<EventFacts, 'consent'> {
    const { consent: _consent, ...facts } = this.#first(event).facts;
    return facts;
  }

  permitted(event: number): readonly PermittedEvent[] {
    return this.#read()[event]?.map(({ permitted }) => permitted) ?? [];
  }

  fields(event: number): Readonly<Record<string, readonly string[]>> {
    const { names, left } = this.#told;
    const events = this.#read();
    let at = events.slice(0, event).reduce((sum, deliveries) => sum + deliveries.length, 0);
    const fields = (events[event] ?? []).map(({ destination }) => {
      const [, ...own] = left[at] ?? [];
      at += 1;
      return [destination, own.flatMap((place) => names[place] ?? [])] as const;
    });
    return Object.fromEntries(fields);
  }

  #first(event: number): Delivery {
    const first = this.#read()[event]?.[0];
    if (first === undefined) throw new TypeError('an event without a delivery');
    return first;
  }

  #read(): readonly (readonly Delivery[])[] {
    return (this.#events ??= this.#rows.flatMap(deliveriesOf));
  }
}

/** Deliveries of each event of a row. */
function deliveriesOf(row: TakenRow): readonly (readonly Delivery[])[] {
  const head = decodeHead(row.head);
  if (head === null) throw new TypeError('a head that cannot be read');
  const reader = new RowReader(row, head);
  let position = 0;
  return row.resting.events.map(([, , ...destinations]) =>
    destinations.map(() => {
      const delivery = reader.read(position);
      position += 1;
      if (!('poison' in delivery)) return delivery;
      throw new TypeError(`a delivery that cannot be read: ${delivery.poison}`);
    }),
  );
}
