// Person fields: raw and trimmed, and only those that the route declares, the notice discloses and consent covers. A field that
// holds something else than its name says (an e-mail address in a first name) does not leave under a false name.

import type { ReceivedEvent } from '../core/event.ts';
import { isSystem } from '../core/identifiers.ts';
import type { PersonField } from '../core/person.ts';
import { PERSON_FIELDS } from '../core/person.ts';
import { copied } from '../core/recent.ts';
import type { RuleCode } from '../core/reasons.ts';
import type { Scan } from '../detect/event.ts';
import { Looked } from './named.ts';
import type { Plan } from './plan.ts';
import type { Remarks } from './remarks.ts';

const MAX_VALUE = 256;
const MAX_USER_AGENT = 512;

const valueOf = (event: ReceivedEvent, field: PersonField): string | undefined => {
  const given = event.person[field]?.trim();
  if (given !== undefined && given !== '') return given;
  if (field === 'ip') return event.ip ?? undefined;
  return field === 'user_agent' ? (event.device.userAgent?.trim() ?? undefined) : undefined;
};

/** Kinds that a field is expected to look like. */
const EXPECTED: Readonly<Partial<Record<PersonField, RegExp>>> = {
  email: /^email$/,
  phone: /^(?:phone|bsn|steuer_id|rijksregister|token)$/,
  ip: /^ip$/,
  user_agent: /^(?:user_agent|ip|phone|bsn)$/,
};

/** Why the value may not leave under this field's name, or null. */
function foreignTo(given: GivenPerson, scan: Scan): RuleCode | null {
  const { field, value } = given;
  if (value.length > (field === 'user_agent' ? MAX_USER_AGENT : MAX_VALUE)) return 'value_too_long';
  for (const { kind } of given.findings) {
    if (EXPECTED[field]?.test(kind) !== true) return 'personal_data';
  }
  const lower = value.toLowerCase();
  for (const needle of scan.needles.words) {
    const system = needle.source.slice(0, needle.source.indexOf('.'));
    if (!isSystem(system) || needle.whole || !lower.includes(needle.value)) continue;
    // A site may use the address itself as the account's id; then it is the address that leaves, by its own declaration.
    if (field === 'email' && needle.value === lower) continue;
    return 'carried_value';
  }
  return null;
}

export class GivenPerson extends Looked {
  readonly field: PersonField;
  readonly path: string;

  constructor(field: PersonField, path: string, value: string) {
    super(value);
    this.field = field;
    this.path = path;
  }
}

const FIELDS = PERSON_FIELDS.map((field) => ({ field, path: `person.${field}` }));

/** The person fields that an event has, the same for all destinations. They outlive the event. */
export function givenPerson(event: ReceivedEvent): readonly GivenPerson[] {
  const given: GivenPerson[] = [];
  for (const { field, path } of FIELDS) {
    const value = valueOf(event, field);
    if (value !== undefined && value !== '') given.push(new GivenPerson(field, path, copied(value)));
  }
  return given;
}

export function permittedPerson(
  given: readonly GivenPerson[],
  plan: Plan,
  { scan, remarks }: { scan: Scan; remarks: Remarks },
): Readonly<Partial<Record<PersonField, string>>> {
  const person: Partial<Record<PersonField, string>> = {};
  for (const one of given) {
    const { field, path, value } = one;
    if (plan.anonymous || !plan.person.has(field)) {
      const declared = plan.destination.person.includes(field);
      const rule = plan.anonymous ? 'anonymous' : declared ? 'person_not_granted' : 'person_not_requested';
      remarks.add(path, rule, 'strip');
      continue;
    }
    const why = foreignTo(one, scan);
    if (why === null) person[field] = value;
    remarks.add(path, why ?? 'route', why === null ? 'keep' : 'strip');
  }
  return person;
}
