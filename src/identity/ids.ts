// Treats the identifiers of one event for one destination: kept, replaced by a pseudonym, or stripped. A link gives exactly what
// the other system's destination receives, because it is computed by the very same function.

import { idPath, identifierKind, isSystem } from '../core/identifiers.ts';
import type { RuleCode } from '../core/reasons.ts';
import type { Remark } from '../core/treatment.ts';
import type { Scan } from '../detect/event.ts';
import { isLinkable } from './plan.ts';
import type { IdPlan, IdRule, LinkPlan, Plan } from './plan.ts';
import type { Keyring } from './pseudonym.ts';
import type { NamedId } from './named.ts';
import { Remarks } from './remarks.ts';

export interface Treating {
  readonly ids: readonly NamedId[];
  readonly scan: Scan;
  readonly keyring: Keyring;
  readonly remarks: Remarks;
}

export interface TreatedIds {
  readonly ids: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  /** Names of those that are raw; links as `links.<name>`. */
  readonly kept: readonly string[];
}

interface TreatedId {
  readonly name: string;
  readonly value: string;
  readonly raw: boolean;
}

const USER_ID = 'site.user_id';
const ANONYMOUS_ID = 'site.anonymous_id';
const NO_LINKS: Readonly<Record<string, string>> = Object.freeze({});
const NO_IDS: TreatedIds = { ids: {}, links: {}, kept: [] };

export function treatIdentifiers(plan: Plan, treating: Treating): TreatedIds {
  const { remarks } = treating;
  if (plan.anonymous) {
    for (const { path } of treating.ids) remarks.add(path, 'anonymous', 'strip');
    return NO_IDS;
  }
  const own = treat(plan.ids, treating);
  remarkStripped(plan, treating);
  const ids: Record<string, string> = {};
  const kept: string[] = [];
  for (const { name, value, raw } of own) {
    if (!plan.type.ids.includes(name)) continue;
    ids[name] = value;
    if (raw) kept.push(name);
  }
  const isEmpty = plan.links.length === 0 || !treating.ids.some(canLink);
  const links = isEmpty ? NO_LINKS : link(plan, { own, kept, treating });
  return { ids, links, kept };
}

/** Orders and messages are linked to nothing. */
const canLink = ({ name }: NamedId): boolean => {
  const entry = identifierKind(name);
  return entry !== undefined && isLinkable(entry);
};

/** What one destination receives of the event's ids; also asked for the other end of a link. */
function treat(plan: IdPlan, treating: Treating): readonly TreatedId[] {
  const { scan, keyring, remarks } = treating;
  const treated: TreatedId[] = [];
  for (const named of treating.ids) {
    const { name, value } = named;
    const rule = plan.rules.get(name);
    if (rule === undefined) continue;
    const told = remarkOf(named, { plan, rule, scan });
    remarks.push(told);
    if (told.treatment === 'keep') put(treated, { name, value, raw: true });
    else if (told.treatment === 'pseudonymise' && rule.format !== null)
      put(treated, { name, value: named.pseudonym(plan.destination, rule.format, keyring), raw: false });
  }
  standIn(plan, treating, treated);
  return treated;
}

/** One value for each name, the last that came; raw if any was. */
function put(into: TreatedId[], one: TreatedId): void {
  let at = 0;
  while (at < into.length && into[at]?.name !== one.name) at += 1;
  into[at] = at === into.length ? one : { ...one, raw: one.raw || into[at]?.raw === true };
}

/** What is done to one value, and why. */
function remarkOf(named: NamedId, { plan, rule, scan }: { plan: IdPlan; rule: IdRule; scan: Scan }): Remark {
  const { path, value } = named;
  if (scan.shared(value)) return { path, rule: 'shared_value', treatment: 'strip' };
  if (rule.treatment !== 'keep') return rule.told;
  const against = againstKeeping(named, plan.system, scan);
  if (against === null) return rule.told;
  return { path, rule: against, treatment: rule.format === null ? 'strip' : 'pseudonymise' };
}

/** Forms too particular to be an id by chance; a nine-digit contact id may well pass a citizen number's test. */
const CERTAIN = /^(?:email|iban|jwt|user_agent|codice_fiscale)$/;

/** Why a value may not leave raw although its kind may: it is, or holds, personal data or another system's id. */
function againstKeeping(named: NamedId, system: string, scan: Scan): RuleCode | null {
  const { id, name } = named;
  const entry = identifierKind(name);
  if (entry === undefined || !entry.form.test(id.value)) return 'default_deny';
  const value = id.value.toLowerCase();
  for (const needle of scan.needles.words) {
    if (needle.whole ? needle.value !== value : !value.includes(needle.value)) continue;
    if (needle.source.startsWith('person.')) return 'personal_data';
    const other = needle.source.slice(0, needle.source.indexOf('.'));
    if (isSystem(other) && other !== id.system && other !== system) return 'foreign_id';
  }
  for (const { kind } of named.findings) {
    if (CERTAIN.test(kind)) return 'personal_data';
    const other = kind.slice(0, kind.indexOf('.'));
    if (isSystem(other) && other !== id.system && other !== 'site') return 'foreign_id';
  }
  return null;
}

/** A pseudonym of the site's own anonymous id, in the vendor's form, where the visitor came without the vendor's id. */
function standIn(plan: IdPlan, treating: Treating, treated: TreatedId[]): void {
  if (plan.standIn === null) return;
  const { name, format } = plan.standIn;
  if (treating.ids.some((each) => each.name === name)) return;
  const named = treating.ids.find((each) => each.name === ANONYMOUS_ID);
  if (named === undefined || treating.scan.shared(named.id.value)) return;
  const value = named.pseudonym(plan.destination, format, treating.keyring);
  put(treated, { name, value, raw: false });
  treating.remarks.add(idPath(name), 'stand_in', 'pseudonymise');
}

/** What a plan says of kinds that it has no rule for: the same for every event, so it is put together once. */
const strippedBy = new WeakMap<Plan, Map<string, Remark | null>>();

function remarkStripped(plan: Plan, { ids, remarks }: Treating): void {
  for (const named of ids) {
    if (plan.ids.rules.has(named.name)) continue;
    const remark = remarkOnStripped(named, plan);
    if (remark !== null) remarks.push(remark);
  }
}

function remarkOnStripped(named: NamedId, plan: Plan): Remark | null {
  let said = strippedBy.get(plan);
  if (said === undefined) strippedBy.set(plan, (said = new Map()));
  let remark = said.get(named.name);
  if (remark === undefined) {
    remark = remarkOn(named, plan);
    // Names of the table only, of which there are few.
    if (identifierKind(named.name) !== undefined) said.set(named.name, remark);
  }
  return remark;
}

function remarkOn({ id, name, path }: NamedId, plan: Plan): Remark | null {
  if (id.system !== 'site' && plan.links.some((each) => each.system === id.system)) return null;
  const asked = name === USER_ID || plan.destination.links.some((each) => each.system === id.system);
  const own = name !== USER_ID && (id.system === plan.destination.system || id.system === 'site');
  const rule = own ? 'default_deny' : asked ? 'link_not_permitted' : 'foreign_id';
  return { path, rule, treatment: 'strip' };
}

function link(
  plan: Plan,
  { own, kept, treating }: { own: readonly TreatedId[]; kept: string[]; treating: Treating },
): Readonly<Record<string, string>> {
  const links: Record<string, string> = {};
  for (const each of plan.links) {
    const other = each.system === 'site' ? own : treat(each.from, { ...treating, remarks: new Remarks() });
    for (const { name, value, raw } of other) {
      if (!isLinked(name, each, plan)) continue;
      const arrives = (name === each.renames ? each.as : null) ?? name.replace('.', '_');
      links[arrives] = value;
      if (raw) kept.push(`links.${arrives}`);
      treating.remarks.add(idPath(name), 'linked', raw ? 'keep' : 'pseudonymise');
    }
  }
  return links;
}

function isLinked(name: string, each: LinkPlan, plan: Plan): boolean {
  const entry = identifierKind(name);
  if (entry === undefined || entry.system !== each.system || !isLinkable(entry)) return false;
  return each.system !== 'site' || (name === USER_ID && !plan.type.ids.includes(name));
}
