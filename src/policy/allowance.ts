// What a destination may be given beyond the bare event: purposes for its own consent fields, data that was disclosed, person
// fields and links. Every list is an intersection, so what is missing anywhere is missing here.

import type { Allowance } from '../core/decision.ts';
import type { Disclosure } from '../core/config.ts';
import type { Purpose } from '../core/consent.ts';
import type { GateInput } from '../core/plugin.ts';
import { isBefore } from './beforeConsent.ts';
import { disclosuresOf, isOpen } from './coverage.ts';

/** Data that every notice behind these purposes discloses for the destination. */
function dataFor(purposes: readonly Purpose[], { destination, grounds }: GateInput): readonly string[] {
  const disclosures: Disclosure[] = [];
  for (const purpose of purposes) {
    const notices = grounds.of(purpose).covering;
    const found = notices === null ? null : disclosuresOf(notices, destination.name);
    if (found === null) return [];
    disclosures.push(...found);
  }
  const [first, ...others] = disclosures;
  return first === undefined
    ? []
    : first.data.filter((datum) => others.every((each) => each.data.includes(datum)));
}

function personFor(purposes: readonly Purpose[], input: GateInput): Allowance['person'] {
  const { destination } = input;
  if (destination.person.length === 0) return [];
  const needed =
    destination.audience === 'crm' ? destination.requires : [...destination.requires, 'audience_matching'];
  if (!needed.every((purpose) => purposes.includes(purpose))) return [];
  const data = dataFor(needed, input);
  return destination.person.filter((field) => data.includes(field));
}

function linksFor(purposes: readonly Purpose[], input: GateInput): Allowance['links'] {
  const { destination, grounds, facts, site } = input;
  if (destination.links.length === 0 || !purposes.includes('profiling')) return [];
  if (facts.sensitive || site?.children === true) return [];
  const notices = grounds.of('profiling').covering;
  if (notices === null) return [];
  const to = [destination.name, destination.system];
  return destination.links
    .map((link) => link.system)
    .filter((system) =>
      notices.every((notice) => notice.links.some((link) => link.from === system && to.includes(link.to))),
    );
}

export function allowanceFor(input: GateInput): Allowance {
  const { destination, grounds, facts, snapshot, standing } = input;
  const purposes = snapshot.consent.purposes.filter(
    (purpose) =>
      isOpen(purpose, destination.name, grounds) &&
      !standing.objections.includes(purpose) &&
      !isBefore(facts.occurredAt, grounds.of(purpose), snapshot.consent.graceMs),
  );
  return {
    purposes,
    data: dataFor(destination.requires, input),
    person: personFor(purposes, input),
    links: linksFor(purposes, input),
  };
}
