// Rows that were written a moment ago, as they were handed in: most are claimed within milliseconds, and reading them back from
// their resting form costs four times what writing did. Bounded; whatever is not here is read from the rows.

import type { ConsentState } from '../core/consent.ts';
import type { Delivery } from '../core/delivery.ts';
import type { Admission, AdmittedEvent } from '../core/ports.ts';
import type { Head } from './head.ts';
import type { Lane } from './lanes.ts';

/**
 * Beyond these the oldest go. A destination that has as many waiting is claimed from long after: what is kept for it only becomes
 * old in memory, which was measured to make accepting 6 % dearer while every vendor is down.
 */
const MOST = 1000;

export class FreshRow {
  readonly #admission: Admission;
  readonly #events: readonly AdmittedEvent[];
  #head: Head | null = null;
  #consent: ConsentState | null = null;

  constructor(admission: Admission, events: readonly AdmittedEvent[]) {
    this.#admission = admission;
    this.#events = events;
  }

  get head(): Head {
    if (this.#head !== null) return this.#head;
    const { id, site, config, receivedAt, subjects } = this.#admission;
    const deliveries = this.#events.flatMap(({ id: event, facts, destinations }) =>
      destinations.map((name) => [event, facts.name, name] as const),
    );
    this.#head = { admission: id, site, config, receivedAt, subjects, deliveries };
    return this.#head;
  }

  /** As `RowReader.read`: what another thread carried here is read now, and what cannot be read is poison as it is on disk. */
  read(position: number): Delivery | { readonly poison: string } {
    try {
      return this.#read(position);
    } catch {
      return { poison: 'shape' };
    }
  }

  #read(position: number): Delivery | { readonly poison: string } {
    let first = 0;
    for (const { id, facts, permitted } of this.#events) {
      const one = permitted[position - first];
      first += permitted.length;
      if (one === undefined) continue;
      const { id: admission, consent, subjects, receivedAt } = this.#admission;
      // What another thread carried here is read by asking for it.
      this.#consent ??= { claims: consent.claims, label: consent.label, readAt: consent.readAt };
      return {
        kind: 'event',
        destination: one.data.destination,
        admission,
        event: id,
        facts: { ...facts, consent: this.#consent },
        permitted: one,
        subjects,
        receivedAt,
      };
    }
    return { poison: 'shape' };
  }
}

export class FreshRows {
  readonly #rows = new Map<number, FreshRow>();

  /** Kept if one of the lanes it waits in is short enough for it to be claimed soon. */
  add(seq: number, row: FreshRow, lanes: readonly Lane[]): void {
    if (lanes.every(({ due }) => due.size >= MOST)) return;
    this.#rows.set(seq, row);
    if (this.#rows.size <= MOST) return;
    const [oldest] = this.#rows.keys();
    if (oldest !== undefined) this.#rows.delete(oldest);
  }

  get(seq: number): FreshRow | undefined {
    return this.#rows.get(seq);
  }

  drop(seq: number): void {
    this.#rows.delete(seq);
  }
}
