// What one destination may have, before any event is looked at: a treatment and its rule per kind of identifier, person fields,
// links, parameters. Pure; remembered under all it reads, with the snapshot it was made from, and gone with it.

import { LRUCache } from 'lru-cache';
import type { Destination, Snapshot } from '../core/config.ts';
import type { Allowance } from '../core/decision.ts';
import type { IdentifierKind, PseudonymFormat } from '../core/identifiers/kind.ts';
import { IDENTIFIERS, idPath, identifierKind, identifierName } from '../core/identifiers.ts';
import type { PermittedConsent } from '../core/permitted.ts';
import type { PersonField } from '../core/person.ts';
import type { DestinationType } from '../core/plugin.ts';
import type { RuleCode } from '../core/reasons.ts';
import type { IdTreatment, Remark } from '../core/treatment.ts';
import { consentOf } from './narrow.ts';

export interface PlanInput {
  readonly destination: Destination;
  readonly type: DestinationType;
  readonly allowance: Allowance;
  readonly anonymous: boolean;
  readonly snapshot: Snapshot;
  readonly types: (name: string) => DestinationType | undefined;
  readonly sensitive: boolean;
  /** Name of the event's site: whose destinations a link is taken from. */
  readonly site: string;
  /** What another destination may have of the same event; null if it gets nothing. Absent: no links between vendors. */
  readonly allowanceOf?: (destination: string) => Allowance | null;
}

export interface IdRule {
  readonly treatment: IdTreatment;
  readonly rule: RuleCode;
  /** How its pseudonym is written; null where only the issuer can match it. */
  readonly format: PseudonymFormat | null;
  /** What is said of a value that nothing else speaks against: the same for all of them. */
  readonly told: Remark;
}

/** How one destination receives identifiers. */
export interface IdPlan {
  readonly destination: string;
  readonly system: string;
  /** By `<system>.<kind>`; what is not here is stripped. */
  readonly rules: ReadonlyMap<string, IdRule>;
  /** The kind a pseudonym of `site.anonymous_id` stands in for. */
  readonly standIn: { readonly name: string; readonly format: PseudonymFormat } | null;
}

export interface LinkPlan {
  readonly system: string;
  readonly as: string | null;
  /** The kind that arrives under that name: the same for every visitor, whatever ids they came with. */
  readonly renames: string | null;
  /** The plan of the destination whose values are linked. */
  readonly from: IdPlan;
}

export interface Plan {
  readonly destination: Destination;
  readonly type: DestinationType;
  readonly anonymous: boolean;
  readonly ids: IdPlan;
  readonly links: readonly LinkPlan[];
  readonly person: ReadonlySet<PersonField>;
  /** Names the route lists; the vocabulary of the event comes on top. */
  readonly params: ReadonlySet<string>;
  readonly query: readonly string[];
  /** Parameters and query names in one word: routes that list the same get the same content. */
  readonly listed: string;
  readonly wire: string | null;
  readonly consent: PermittedConsent;
  readonly periodMs: number;
}

const MAX_PLANS = 64;
const remembered = new WeakMap<Snapshot, Map<string, LRUCache<string, Plan>>>();

interface Made {
  readonly input: PlanInput;
  /** What the destinations may have that links are taken from. */
  readonly sources: readonly (Allowance | null)[];
  readonly plan: Plan;
}

/** Policy hands out the same allowance again and again; then nothing has to be put into words to find its plan. */
const byAllowance = new WeakMap<Allowance, Made>();

const sourcesOf = ({ allowance, site, snapshot, allowanceOf }: PlanInput): Made['sources'] =>
  allowance.links.length === 0
    ? NO_SOURCES
    : allowance.links.map((system) => {
        const source = sourceOf(system, site, snapshot);
        return source === undefined ? null : (allowanceOf?.(source.name) ?? null);
      });

const NO_SOURCES: Made['sources'] = [];

function isSame({ input: before, sources }: Made, input: PlanInput): boolean {
  if (before.destination !== input.destination || before.type !== input.type) return false;
  if (before.snapshot !== input.snapshot || before.site !== input.site) return false;
  if (before.sensitive !== input.sensitive || before.anonymous !== input.anonymous) return false;
  const now = sourcesOf(input);
  return now.length === sources.length && now.every((each, at) => each === sources[at]);
}

/** The plan for one destination, remembered under everything that it reads. */
export function planFor(input: PlanInput): Plan {
  const made = byAllowance.get(input.allowance);
  if (made !== undefined && isSame(made, input)) return made.plan;
  const plan = planByWords(input);
  byAllowance.set(input.allowance, { input, sources: sourcesOf(input), plan });
  return plan;
}

function planByWords(input: PlanInput): Plan {
  const { snapshot, destination } = input;
  let byDestination = remembered.get(snapshot);
  if (byDestination === undefined) remembered.set(snapshot, (byDestination = new Map()));
  let plans = byDestination.get(destination.name);
  if (plans === undefined) byDestination.set(destination.name, (plans = new LRUCache({ max: MAX_PLANS })));
  const key = keyOf(input);
  const known = plans.get(key);
  // A destination of the same name that is not this snapshot's (a draft in `diff`) must not get this one's plan.
  if (known !== undefined && known.destination === destination && known.type === input.type) return known;
  const plan = makePlan(input);
  plans.set(key, plan);
  return plan;
}

function keyOf({ allowance, anonymous, sensitive, site, allowanceOf, ...input }: PlanInput): string {
  const own = `${anonymous ? 'a' : ''}${sensitive ? 's' : ''}|${allowance.purposes.join()}|${allowance.data.join()}|${allowance.person.join()}`;
  if (allowance.links.length === 0 || sensitive || anonymous) return own;
  const linked = allowance.links.map((system) => {
    const source = sourceOf(system, site, input.snapshot);
    return `${system}:${source === undefined ? '' : (allowanceOf?.(source.name)?.data.join() ?? '-')}`;
  });
  return `${own}|${site}|${linked.join(';')}`;
}

function makePlan(input: PlanInput): Plan {
  const { destination, type, allowance, anonymous, snapshot } = input;
  const linked = anonymous || input.sensitive ? [] : allowance.links;
  const ids = idPlan({ destination, type, allowance: { ...allowance, links: linked } });
  return {
    destination,
    type,
    anonymous,
    ids,
    links: linked.flatMap((system) => linkPlan(system, ids, input)),
    person: new Set(allowance.person.filter((field) => type.person.includes(field))),
    params: new Set(destination.params),
    query: destination.query,
    listed: `${destination.params.join()}\n${destination.query.join()}`,
    wire: anonymous ? null : type.wire,
    consent: consentOf(allowance.purposes),
    periodMs: snapshot.pseudonyms.periodMs,
  };
}

const USER_ID = 'site.user_id';
type IdPlanInput = Pick<PlanInput, 'destination' | 'type' | 'allowance'>;

function idPlan({ destination, type, allowance }: IdPlanInput): IdPlan {
  const rules = new Map<string, IdRule>();
  for (const entry of IDENTIFIERS) {
    const name = identifierName(entry);
    const linked = name === USER_ID && allowance.links.includes('site');
    const own = entry.system === destination.system || entry.system === 'site';
    if (!(own && type.ids.includes(name) && (name !== USER_ID || linked)) && !linked) continue;
    rules.set(name, idRule(entry, destination, allowance));
  }
  return {
    destination: destination.name,
    system: destination.system,
    rules,
    standIn: standInOf(destination, type, rules),
  };
}

/** What the route asks for, else the kind's default; keeping needs disclosure, and falls back to the next that makes sense. */
function idRule(entry: IdentifierKind, destination: Destination, allowance: Allowance): IdRule {
  const name = identifierName(entry);
  const { system, kind, treatments, pseudonym: format } = entry;
  const asked = destination.ids[name] ?? (system === destination.system ? destination.ids[kind] : undefined);
  const canPseudonymise = format !== null && treatments.includes('pseudonymise');
  // A permitted link that the route gives no treatment to arrives as a pseudonym: its default, strip, would undo it.
  const fallback = name === USER_ID && canPseudonymise ? 'pseudonymise' : treatments[0];
  const valid = asked !== undefined && treatments.includes(asked);
  const wanted = valid ? asked : fallback;
  const disclosed = allowance.data.includes(kind) || allowance.data.includes(name);
  const treatment = wanted === 'keep' && !disclosed ? (canPseudonymise ? 'pseudonymise' : 'strip') : wanted;
  const why: RuleCode = name === USER_ID ? 'linked' : valid ? 'route' : 'kind_default';
  const rule = treatment === wanted ? why : 'not_disclosed';
  const done = treatment === 'pseudonymise' && format === null ? 'strip' : treatment;
  return { treatment, rule, format, told: { path: idPath(name), rule, treatment: done } };
}

/** None if the route strips the kind itself or the site's own id. A kind without a form of its own takes a UUID. */
function standInOf(
  destination: Destination,
  type: DestinationType,
  rules: ReadonlyMap<string, IdRule>,
): IdPlan['standIn'] {
  if (type.standIn === null) return null;
  const name = type.standIn.includes('.') ? type.standIn : `${destination.system}.${type.standIn}`;
  const entry = identifierKind(name);
  const rule = rules.get(name);
  if (entry === undefined || rule === undefined) return null;
  const refused = destination.ids[name] === 'strip' || destination.ids[entry.kind] === 'strip';
  if (refused || destination.ids['site.anonymous_id'] === 'strip') return null;
  return { name, format: entry.pseudonym ?? 'uuid' };
}

/** The first destination of a system that takes events of this site: the one whose values are linked. */
const sourceOf = (system: string, site: string, snapshot: Snapshot): Destination | undefined =>
  snapshot.destinations.find(
    (each) => each.system === system && each.enabled && (each.sites === null || each.sites.includes(site)),
  );

function linkPlan(system: string, own: IdPlan, input: PlanInput): readonly LinkPlan[] {
  const { destination, snapshot, site } = input;
  const as = destination.links.find((link) => link.system === system)?.as ?? null;
  if (system === destination.system) return [];
  if (system === 'site') return [{ system, as, renames: USER_ID, from: own }];
  const source = sourceOf(system, site, snapshot);
  const type = source && input.types(source.type);
  const allowance = source && input.allowanceOf?.(source.name);
  if (!source || !type || !allowance) return [];
  const from = idPlan({ destination: source, type, allowance });
  return [{ system, as, renames: renamedKind(source, type), from }];
}

/** Roles that make sense at another vendor, the most telling first; sessions, events and orders do not. */
const LINKED_ROLES: readonly IdentifierKind['role'][] = ['contact', 'user', 'visitor', 'click'];

export const isLinkable = ({ role }: IdentifierKind): boolean => LINKED_ROLES.includes(role);

/** By the routing file alone: what its destination receives of one visitor or another must not change the meaning of a name. */
function renamedKind(source: Destination, type: DestinationType): string | null {
  const kinds = IDENTIFIERS.filter((entry) => {
    const name = identifierName(entry);
    if (entry.system !== source.system || !isLinkable(entry) || !type.ids.includes(name)) return false;
    return (source.ids[name] ?? source.ids[entry.kind] ?? entry.treatments[0]) !== 'strip';
  });
  const [first] = kinds.sort((a, b) => LINKED_ROLES.indexOf(a.role) - LINKED_ROLES.indexOf(b.role));
  return first === undefined ? null : identifierName(first);
}
