// Treats the identifiers of one event for one destination: kept, replaced by a pseudonym, or stripped. A link gives exactly what
// the other system's destination receives, because it is computed by the very same function.

import type { Identifier } from '../core/event.ts';
import { identifierKind, identifierName, isSystem } from '../core/identifiers.ts';
import type { RuleCode } from '../core/reasons.ts';
import type { Scan } from '../detect/event.ts';
import { isLinkable } from './plan.ts';
import type { IdPlan, IdRule, LinkPlan, Plan } from './plan.ts';
import type { Keyring } from './pseudonym.ts';
import { Remarks } from './remarks.ts';
import type { NamedId } from './shared.ts';

export interface Treating {
  readonly ids: readonly NamedId[];
  readonly scan: Scan;
  readonly keyring: Keyring;
  readonly periodOf: (id: Identifier) => string;
  readonly remarks: Remarks;
}

export interface TreatedIds {
  readonly ids: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  /** Names of those that are raw; links as `links.<name>`. */
  readonly kept: readonly string[];
}

interface Treated {
  readonly values: ReadonlyMap<string, string>;
  readonly raw: ReadonlySet<string>;
}

const USER_ID = 'site.user_id';
const ANONYMOUS_ID = 'site.anonymous_id';
const NO_IDS: TreatedIds = { ids: {}, links: {}, kept: [] };

export function treatIdentifiers(plan: Plan, treating: Treating): TreatedIds {
  const { remarks } = treating;
  if (plan.anonymous) {
    for (const { name } of treating.ids) remarks.add(`ids.${name}`, 'anonymous', 'strip');
    return NO_IDS;
  }
  const own = treat(plan.ids, treating);
  remarkStripped(plan, treating);
  const ids: Record<string, string> = {};
  const kept: string[] = [];
  for (const [name, value] of own.values) {
    if (!plan.type.ids.includes(name)) continue;
    ids[name] = value;
    if (own.raw.has(name)) kept.push(name);
  }
  return { ids, kept, ...link(plan, { own, kept, treating }) };
}

/** What one destination receives of the event's ids; also asked for the other end of a link. */
function treat(plan: IdPlan, treating: Treating): Treated {
  const values = new Map<string, string>();
  const raw = new Set<string>();
  for (const named of treating.ids) {
    const { name } = named;
    const rule = plan.rules.get(name);
    if (rule === undefined) continue;
    const treated = treatOne(named, { plan, rule, treating });
    treating.remarks.add(`ids.${name}`, treated.rule, treated.treatment);
    if (treated.treatment === 'strip') continue;
    values.set(name, treated.value);
    if (treated.treatment === 'keep') raw.add(name);
  }
  standIn(plan, treating, values);
  return { values, raw };
}

interface TreatedOne {
  readonly treatment: 'keep' | 'pseudonymise' | 'strip';
  readonly rule: RuleCode;
  readonly value: string;
}

function treatOne(
  { id, name }: NamedId,
  { plan, rule, treating }: { plan: IdPlan; rule: IdRule; treating: Treating },
): TreatedOne {
  const strip = (why: RuleCode): TreatedOne => ({ treatment: 'strip', rule: why, value: '' });
  if (treating.scan.shared(id.value)) return strip('shared_value');
  if (rule.treatment === 'strip') return strip(rule.rule);
  const against = rule.treatment === 'keep' ? againstKeeping(id, plan.system, treating.scan) : null;
  if (rule.treatment === 'keep' && against === null)
    return { treatment: 'keep', rule: rule.rule, value: id.value };
  if (rule.format === null) return strip(against ?? rule.rule);
  return {
    treatment: 'pseudonymise',
    rule: against ?? rule.rule,
    value: treating.keyring.pseudonym({
      destination: plan.destination,
      name,
      value: id.value,
      format: rule.format,
      period: treating.periodOf(id),
    }),
  };
}

/** Forms too particular to be an id by chance; a nine-digit contact id may well pass a citizen number's test. */
const CERTAIN = /^(?:email|iban|jwt|user_agent|codice_fiscale)$/;

/** Why a value may not leave raw although its kind may: it is, or holds, personal data or another system's id. */
function againstKeeping(id: Identifier, system: string, scan: Scan): RuleCode | null {
  const entry = identifierKind(identifierName(id));
  if (entry === undefined || !entry.form.test(id.value)) return 'default_deny';
  const value = id.value.toLowerCase();
  for (const needle of scan.needles.words) {
    if (needle.whole ? needle.value !== value : !value.includes(needle.value)) continue;
    if (needle.source.startsWith('person.')) return 'personal_data';
    const other = needle.source.slice(0, needle.source.indexOf('.'));
    if (isSystem(other) && other !== id.system && other !== system) return 'foreign_id';
  }
  for (const { kind } of scan.plain(id.value)) {
    if (CERTAIN.test(kind)) return 'personal_data';
    const other = kind.slice(0, kind.indexOf('.'));
    if (isSystem(other) && other !== id.system && other !== 'site') return 'foreign_id';
  }
  return null;
}

/** A pseudonym of the site's own anonymous id, in the vendor's form, where the visitor came without the vendor's id. */
function standIn(plan: IdPlan, treating: Treating, values: Map<string, string>): void {
  if (plan.standIn === null) return;
  const { name, format } = plan.standIn;
  if (treating.ids.some((each) => each.name === name)) return;
  const id = treating.ids.find((each) => each.name === ANONYMOUS_ID)?.id;
  if (id === undefined || treating.scan.shared(id.value)) return;
  const value = treating.keyring.pseudonym({
    destination: plan.destination,
    name: ANONYMOUS_ID,
    value: id.value,
    format,
    period: treating.periodOf(id),
  });
  values.set(name, value);
  treating.remarks.add(`ids.${name}`, 'stand_in', 'pseudonymise');
}

function remarkStripped(plan: Plan, { ids, remarks }: Treating): void {
  for (const { id, name } of ids) {
    if (plan.ids.rules.has(name)) continue;
    if (id.system !== 'site' && plan.links.some((each) => each.system === id.system)) continue;
    const asked = name === USER_ID || plan.destination.links.some((each) => each.system === id.system);
    const own = name !== USER_ID && (id.system === plan.destination.system || id.system === 'site');
    remarks.add(`ids.${name}`, own ? 'default_deny' : asked ? 'link_not_permitted' : 'foreign_id', 'strip');
  }
}

function link(
  plan: Plan,
  { own, kept, treating }: { own: Treated; kept: string[]; treating: Treating },
): { links: Record<string, string> } {
  const links: Record<string, string> = {};
  for (const each of plan.links) {
    const other = each.system === 'site' ? own : treat(each.from, { ...treating, remarks: new Remarks() });
    for (const [name, value] of other.values) {
      if (!isLinked(name, each, plan)) continue;
      const arrives = (name === each.renames ? each.as : null) ?? name.replace('.', '_');
      links[arrives] = value;
      const raw = other.raw.has(name);
      if (raw) kept.push(`links.${arrives}`);
      treating.remarks.add(`ids.${name}`, 'linked', raw ? 'keep' : 'pseudonymise');
    }
  }
  return { links };
}

function isLinked(name: string, each: LinkPlan, plan: Plan): boolean {
  const entry = identifierKind(name);
  if (entry === undefined || entry.system !== each.system || !isLinkable(entry)) return false;
  return each.system !== 'site' || (name === USER_ID && !plan.type.ids.includes(name));
}
