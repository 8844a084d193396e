// Names of the fields that leave (`ids.ga.client_id`, `page.url`), for the ledger: never a value.

import type { PermittedData } from '../core/permitted.ts';

const GROUPS = ['ids', 'links', 'person', 'params', 'page', 'campaign', 'device', 'traits'] as const;
type Group = (typeof GROUPS)[number];

/** Names come from the vocabulary and the routing file, so there are few; joining them anew costs a third of listing them. */
const MAX_NAMES = 2000;
const known = new Map<Group, Map<string, string>>(GROUPS.map((group) => [group, new Map()]));

function nameOf(group: Group, field: string): string {
  const names = known.get(group);
  const before = names?.get(field);
  if (before !== undefined) return before;
  const made = `${group}.${field}`;
  if (names !== undefined && names.size < MAX_NAMES) names.set(field, made);
  return made;
}

/** Adds the fields of one group that have a value. */
export function fieldsIn(group: Group, values: object, into: string[]): void {
  for (const field of Object.keys(values)) {
    if (values[field as keyof typeof values] !== null) into.push(nameOf(group, field)); // its own key
  }
}

export function fieldsOf(data: PermittedData): readonly string[] {
  const fields: string[] = [];
  for (const group of GROUPS) fieldsIn(group, data[group], fields);
  if (data.items.length > 0) fields.push('items');
  if (data.wire !== null) fields.push('wire');
  return fields;
}
