// Identifiers and person fields of a session recording, by the plan that events of its destination would have: the same ids become
// the same pseudonyms. What is stripped is replaced by a value that is random for its visit, since a recorder's format needs one.

import { hash } from 'node:crypto';
import type { Identifier } from '../core/event.ts';
import { idPath, identifierKind } from '../core/identifiers.ts';
import type { PersonField } from '../core/person.ts';
import type { ReceivedUpload } from '../core/recording.ts';
import { scanText } from '../detect/scan.ts';
import type { IdRule, Plan } from './plan.ts';
import type { Keyring } from './pseudonym.ts';
import { Remarks } from './remarks.ts';
import { written } from './written.ts';

export interface RecordingTreating {
  readonly received: Pick<ReceivedUpload, 'known' | 'ip' | 'userAgent'>;
  readonly keyring: Keyring;
  readonly salt: string;
  readonly periodOf: (id: Identifier) => string;
}

export interface RecordingIds {
  /** See `RecordingRules.pseudonym`. */
  readonly pseudonym: (name: string, value: string) => string;
  readonly person: Readonly<Partial<Record<PersonField, string>>>;
  /** What is done to ids is told once `pseudonym` was asked. */
  readonly remarks: Remarks;
}

export function recordingIds(plan: Plan, treating: RecordingTreating): RecordingIds {
  const remarks = new Remarks();
  const { received } = treating;
  return {
    pseudonym: (name, value) => treatId({ name, value }, { plan, treating, remarks }),
    person: {
      ...personField('ip', received.ip, { plan, treating, remarks }),
      ...personField('user_agent', received.userAgent, { plan, treating, remarks }),
    },
    remarks,
  };
}

interface Surroundings {
  readonly plan: Plan;
  readonly treating: RecordingTreating;
  readonly remarks: Remarks;
}

interface Named {
  readonly name: string;
  readonly value: string;
}

/** The same throughout the visit. A kind without a form of its own takes Clarity's, which is the shortest. */
const randomFor = ({ name, value }: Named, salt: string, format: IdRule['format']): string =>
  written(format ?? 'base36', hash('sha256', `${salt} ${name} ${value}`));

function treatId(named: Named, { plan, treating, remarks }: Surroundings): string {
  const { received, keyring, salt, periodOf } = treating;
  const { name, value } = named;
  const entry = identifierKind(name);
  const rule = plan.ids.rules.get(name);
  const shared = received.known.some(([, other]) => other.toLowerCase() === value.toLowerCase());
  const formed = entry?.form.test(value) === true;
  if (entry === undefined || rule === undefined || shared || !formed || rule.treatment === 'strip') {
    const why = shared ? 'shared_value' : rule?.treatment === 'strip' ? rule.rule : 'default_deny';
    remarks.once(idPath(name), why, 'strip');
    return randomFor(named, salt, rule?.format ?? null);
  }
  if (rule.treatment === 'keep' || rule.format === null) {
    remarks.once(idPath(name), rule.rule, rule.treatment === 'keep' ? 'keep' : 'strip');
    return rule.treatment === 'keep' ? value : randomFor(named, salt, null);
  }
  remarks.once(idPath(name), rule.rule, 'pseudonymise');
  const id: Identifier = { system: entry.system, kind: entry.kind, value, source: 'protocol' };
  const { destination } = plan.ids;
  return keyring.pseudonym({ destination, name, value, format: rule.format, period: periodOf(id) });
}

const MAX_AGENT = 512;
/** What version numbers of a user agent are taken for. */
const EXPECTED = /^(?:ip|phone|bsn)$/;
/** Shorter values stand in user agents by chance. */
const SHORTEST_KNOWN = 6;

function mayLeave(field: 'ip' | 'user_agent', value: string, known: ReceivedUpload['known']): boolean {
  if (field === 'ip') return true; // read by us off the connection, in its one canonical form
  if (value.length > MAX_AGENT || !/^[\x20-\x7e]+$/.test(value)) return false;
  const lower = value.toLowerCase();
  const carries = known.some(
    ([, other]) => other.length >= SHORTEST_KNOWN && lower.includes(other.toLowerCase()),
  );
  // Without slashes it is not found as a whole, which would cover what else stands in it.
  return !carries && scanText(value.replaceAll('/', ' ')).every(({ kind }) => EXPECTED.test(kind));
}

/** By the rules of person fields: declared by the route, disclosed and consented to, and what it says it is. */
function personField(
  field: 'ip' | 'user_agent',
  value: string | null,
  { plan, treating, remarks }: Surroundings,
): Readonly<Partial<Record<PersonField, string>>> {
  if (value === null || value === '') return {};
  const path = `person.${field}`;
  if (!plan.person.has(field)) {
    const declared = plan.destination.person.includes(field);
    remarks.add(path, declared ? 'person_not_granted' : 'person_not_requested', 'strip');
    return {};
  }
  const leaves = mayLeave(field, value, treating.received.known);
  remarks.add(path, leaves ? 'route' : 'personal_data', leaves ? 'keep' : 'strip');
  return leaves ? { [field]: value } : {};
}
