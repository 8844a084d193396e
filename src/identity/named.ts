// The identifiers of one event with all that every destination asks about them, worked out once.

import type { Identifier, ReceivedEvent } from '../core/event.ts';
import { identifierName } from '../core/identifiers.ts';
import { periodsOf } from './period.ts';
import { idPath } from './remarks.ts';

export class NamedId {
  readonly id: Identifier;
  /** `<system>.<kind>` */
  readonly name: string;
  /** As remarks tell it: `ids.<system>.<kind>`. */
  readonly path: string;
  readonly #periodOf: (id: Identifier) => string;
  #period: string | null = null;

  constructor(id: Identifier, periodOf: (id: Identifier) => string) {
    this.id = id;
    this.name = identifierName(id);
    this.path = idPath(this.name);
    this.#periodOf = periodOf;
  }

  /** Which period its pseudonyms belong to. */
  get period(): string {
    return (this.#period ??= this.#periodOf(this.id));
  }
}

export function namedIds(event: ReceivedEvent, periodMs: number): readonly NamedId[] {
  const periodOf = periodsOf(event, periodMs);
  return event.ids.map((id) => new NamedId(id, periodOf));
}
