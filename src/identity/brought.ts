// What a visitor brings along, treated: identifiers, links and person fields as each plan has them. All of a visitor's events
// bring the same, so it is treated once for each plan and remembered with the visitor; what comes with one event alone is not here.

import type { ReceivedEvent } from '../core/event.ts';
import type { PersonField } from '../core/person.ts';
import { Recent, copied } from '../core/recent.ts';
import type { Remark } from '../core/treatment.ts';
import type { Scan } from '../detect/event.ts';
import type { Visitor } from '../detect/visitor.ts';
import { lasting, MAX_VISITORS } from '../detect/visitor.ts';
import { fieldsIn } from './fields.ts';
import type { TreatedIds } from './ids.ts';
import { treatIdentifiers } from './ids.ts';
import { NamedId } from './named.ts';
import { Periods } from './period.ts';
import type { GivenPerson } from './person.ts';
import { givenPerson, permittedPerson } from './person.ts';
import type { Plan } from './plan.ts';
import type { Keyring } from './pseudonym.ts';
import { Remarks } from './remarks.ts';

/** What one destination gets of what the visitor brings along. */
export interface Treated extends TreatedIds {
  readonly person: Readonly<Partial<Record<PersonField, string>>>;
  readonly remarks: readonly Remark[];
  /** Names of the fields that leave. */
  readonly fields: readonly string[];
}

/** One for each destination, as long as consent stays what it is; what goes beyond are plans of earlier routing files. */
const MAX_PLANS = 256;

interface Treating {
  readonly scan: Scan;
  readonly keyring: Keyring;
}

export class Brought {
  readonly periods: Periods;
  readonly #ids: readonly NamedId[];
  readonly #person: readonly GivenPerson[];
  #keyring: Keyring | null = null;
  readonly #treated = new Map<Plan, Treated>();

  constructor(event: ReceivedEvent, periodMs: number) {
    const ids = lasting(event.ids);
    this.periods = new Periods({ ids, occurredAt: event.occurredAt }, periodMs);
    this.#ids = ids.map((id, at) => new NamedId({ ...id, value: copied(id.value) }, this.periods.at(at)));
    this.#person = givenPerson(event);
  }

  treatedBy(plan: Plan, { scan, keyring }: Treating): Treated {
    if (this.#keyring !== keyring || this.#treated.size >= MAX_PLANS) this.#treated.clear();
    this.#keyring = keyring;
    let treated = this.#treated.get(plan);
    if (treated === undefined) this.#treated.set(plan, (treated = this.#treat(plan, { scan, keyring })));
    return treated;
  }

  #treat(plan: Plan, { scan, keyring }: Treating): Treated {
    const remarks = new Remarks();
    const { ids, links, kept } = treatIdentifiers(plan, { ids: this.#ids, scan, keyring, remarks });
    const person = permittedPerson(this.#person, plan, { scan, remarks });
    const fields: string[] = [];
    fieldsIn('ids', ids, fields);
    fieldsIn('links', links, fields);
    fieldsIn('person', person, fields);
    const made = { ids, links, kept, person, fields, remarks: remarks.list() };
    return made;
  }
}

const visitors = new Recent<Visitor, Brought>(MAX_VISITORS);

/** What the sender of this event brings along: remembered, where the event itself changes nothing about it. */
export function broughtWith(event: ReceivedEvent, { visitor, needles }: Scan, periodMs: number): Brought {
  if (!visitor.isRemembered || !needles.apart) return new Brought(event, periodMs);
  const known = visitors.get(visitor);
  if (known?.periods.stayFor(event.occurredAt, periodMs) === true) return known;
  const brought = new Brought(event, periodMs);
  visitors.set(visitor, brought);
  return brought;
}
