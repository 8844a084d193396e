// The contract of lint rules: what is sound by the schema and still unwise or without effect. A rule is data and one pure
// function over the compiled file; it points at the place that has to change.

import type { Destination, Recipient, Site, Snapshot, Tag } from '../../core/config.ts';
import { isTag } from '../../core/config.ts';
import { identifierKind } from '../../core/identifiers.ts';
import type { IdTreatment } from '../../core/treatment.ts';
import type { Registries } from '../context.ts';
import type { Places } from '../document.ts';
import type { Path, Severity } from '../problems.ts';
import type { Section } from '../schema.ts';

export interface LintInput {
  readonly snapshot: Snapshot;
  readonly places: Places;
  readonly registries: Registries;
  /** Ids of secrets that digests of objections still use; empty where nobody knows. */
  readonly secretsInUse: readonly string[];
  /** Values that fell back on a default of the file are wanted on trial, and leaks anywhere else. */
  readonly trial: boolean;
}

export interface Finding {
  readonly path: Path;
  readonly message: string;
}

export interface LintRule {
  readonly code: string;
  readonly severity: Severity;
  /** What it finds, in one sentence. */
  readonly sentence: string;
  /** Why it matters. */
  readonly reason: string;
  /** True: the gateway does not run a file with this finding, because nothing at run time would make up for it. */
  readonly refuses: boolean;
  /** Sections that must be complete for the rule to judge fairly. */
  readonly needs: readonly Section[];
  check(input: LintInput): readonly Finding[];
}

/** Destinations that are switched on. */
export const active = ({ snapshot }: LintInput): readonly Destination[] =>
  snapshot.destinations.filter((destination) => destination.enabled);

/** Tags that are switched on. */
export const activeTags = ({ snapshot }: LintInput): readonly Tag[] =>
  snapshot.tags.filter((tag) => tag.enabled);

/** Destinations and tags that are switched on. */
export const recipients = (input: LintInput): readonly (Destination | Tag)[] => [
  ...active(input),
  ...activeTags(input),
];

/** Is it routed to this site? */
export const covers = ({ sites }: Recipient, site: Site): boolean =>
  sites === null || sites.includes(site.name);

export const at = (recipient: Recipient, ...more: readonly (string | number)[]): Path => [
  isTag(recipient) ? 'tags' : 'destinations',
  recipient.name,
  ...more,
];

/** `<system>.<kind>` of a key of `ids`. */
export const fullKind = (key: string, destination: Destination): string =>
  key.includes('.') ? key : `${destination.system}.${key}`;

/** What happens to each kind that the destination can carry: what the route asks for, else the default of the kind. */
export function treatmentsOf(
  destination: Destination,
  registries: Registries,
): readonly { readonly kind: string; readonly treatment: IdTreatment; readonly key: string | null }[] {
  const type = registries.destinations.find((each) => each.type === destination.type);
  const keys = Object.keys(destination.ids);
  return (type?.ids ?? []).flatMap((kind) => {
    const key = keys.find((each) => fullKind(each, destination) === kind) ?? null;
    const treatment = key === null ? identifierKind(kind)?.treatments[0] : destination.ids[key];
    return treatment === undefined ? [] : [{ kind, treatment, key }];
  });
}

/** Whose hands data ends in: a system, or for generic destinations each by itself. */
export const receiver = (destination: Destination): string =>
  destination.audience === 'own' ? `destination ${destination.name}` : destination.system;
