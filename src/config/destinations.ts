// Destinations: the keys that all have, the settings of the type, and what the type can and cannot do. A route only ever
// adds to what its type demands.

import type { Destination, LinkRequest } from '../core/config.ts';
import { BUILT_IN_PURPOSES, type Purpose } from '../core/consent.ts';
import { IDENTIFIERS, SYSTEMS, identifierKind } from '../core/identifiers.ts';
import type { IdTreatment } from '../core/treatment.ts';
import {
  checkNames,
  keysOf,
  listed,
  mappedSources,
  typeOf,
  type Context,
  type KnownType,
} from './context.ts';
import type { Path } from './problems.ts';
import { parsePart } from './report.ts';
import { common, type DestinationEntry } from './schema.ts';
import { keysAt } from './shape.ts';
import { didYouMean } from './suggest.ts';
import { NAME, NAME_EXPECTED } from './values.ts';

interface Route {
  readonly name: string;
  readonly at: Path;
  readonly type: KnownType;
  readonly entry: DestinationEntry;
}

const COMMON_KEYS = Object.keys(common.shape);

function requiresOf({ at, type, entry }: Route, { report, purposes }: Context): readonly Purpose[] {
  const asked = entry.requires ?? [];
  const path = [...at, 'requires'];
  checkNames(listed(asked, path), { code: 'unknown-purpose', what: 'purpose', known: purposes }, report);
  if (type.demands === 'stated' && asked.length === 0)
    report.error(
      'requires-missing',
      path,
      `type \`${type.type}\` demands nothing by itself: say which purposes it requires`,
    );
  const demanded = type.demands === 'stated' ? [] : type.demands;
  const all = new Set([...demanded, ...asked, ...(entry.decides ? ['automated_decisions'] : [])]);
  const rank = (purpose: Purpose): number => {
    const index = (BUILT_IN_PURPOSES as readonly string[]).indexOf(purpose);
    return index === -1 ? BUILT_IN_PURPOSES.length : index;
  };
  return [...all].sort((a, b) => rank(a) - rank(b));
}

function checkId(
  id: { key: string; treatment: IdTreatment; path: Path },
  type: KnownType,
  { report }: Context,
): void {
  const { key, treatment, path } = id;
  const full = key.includes('.') ? key : `${type.system}.${key}`;
  const kind = identifierKind(full);
  if (kind === undefined) {
    const own = IDENTIFIERS.filter((each) => each.system === type.system).map((each) => each.kind);
    const hint = didYouMean(key, [...own, ...type.ids]);
    report.error('unknown-kind', path, `there is no identifier kind \`${full}\`${hint}`);
    return;
  }
  if (!type.ids.includes(full)) {
    const how = kind.system === type.system ? '' : `; ids of \`${kind.system}\` reach it only as a link`;
    report.error('id-without-place', path, `type \`${type.type}\` has no place for \`${full}\`${how}`);
    return;
  }
  // pseudonyms of ids that only their issuer can match are a rule of their own: lint/pseudonymMatchesNothing.ts
  if (treatment === 'pseudonymise' && kind.pseudonym === null) return;
  if (!kind.treatments.includes(treatment))
    report.error(
      'treatment-not-allowed',
      path,
      `\`${full}\` takes ${kind.treatments.map((each) => `\`${each}\``).join(', ')}`,
    );
}

function checkPerson({ at, type, entry }: Route, { report }: Context): void {
  entry.person.forEach((field, index) => {
    if (type.person.includes(field)) return;
    const places = type.person.length === 0 ? 'none' : type.person.map((each) => `\`${each}\``).join(', ');
    const message = `type \`${type.type}\` has no place for \`${field}\`; it has places for ${places}`;
    report.error('person-without-place', [...at, 'person', index], message);
  });
}

function linksOf({ at, type, entry }: Route, { report }: Context): readonly LinkRequest[] {
  const seen = new Set<string>();
  entry.links.forEach((link, index) => {
    const item = [...at, 'links', index];
    const path = report.places.has([...item, 'system']) ? [...item, 'system'] : item;
    checkNames(
      [{ name: link.system, path }],
      { code: 'unknown-system', what: 'system', known: SYSTEMS },
      report,
    );
    if (link.system === type.system)
      report.error(
        'wrong-value',
        path,
        `\`${link.system}\` is the destination's own system: its ids go under \`ids\``,
      );
    if (seen.has(link.system)) report.error('duplicate', path, 'this system is listed already');
    seen.add(link.system);
  });
  return entry.links;
}

function checkVendor({ at, entry }: Route, { report, registries }: Context): void {
  const known = [...new Set(['tcf', 'ac', ...mappedSources(registries)])];
  for (const [list, id] of Object.entries(entry.vendor)) {
    const path = [...at, 'vendor', list];
    checkNames([{ name: list, path }], { code: 'unknown-list', what: 'vendor list', known }, report);
    if ((list === 'tcf' || list === 'ac') && !/^[1-9]\d{0,5}$/.test(id))
      report.error('wrong-value', path, `vendors of the list \`${list}\` have a number`);
  }
}

function whenDeniedOf({ at, type, entry }: Route, { report }: Context): Destination['whenDenied'] {
  const path = [...at, 'whenDenied'];
  if (entry.whenDenied === 'cohort') {
    report.error('cohort-not-available', path, '`cohort` is not available; use `block` or `anonymous`');
    return 'block';
  }
  if (entry.whenDenied === 'anonymous' && !type.anonymous)
    report.error(
      'anonymous-not-possible',
      path,
      `type \`${type.type}\` cannot take events that single out nobody`,
    );
  return entry.whenDenied;
}

function checkRoute(route: Route, context: Context): void {
  const { at, entry, type } = route;
  if (entry.sites !== undefined)
    checkNames(
      listed(entry.sites, [...at, 'sites']),
      { code: 'unknown-site', what: 'site', known: context.siteNames },
      context.report,
    );
  for (const [key, treatment] of Object.entries(entry.ids))
    checkId({ key, treatment, path: [...at, 'ids', key] }, type, context);
  checkPerson(route, context);
  checkVendor(route, context);
}

function assemble(route: Route, settings: unknown, context: Context): Destination {
  const { name, type, entry } = route;
  checkRoute(route, context);
  return {
    name,
    type: type.type,
    enabled: entry.enabled,
    requires: requiresOf(route, context),
    audience: type.audience,
    system: type.system,
    sites: entry.sites ?? null,
    events: entry.events ?? null,
    params: entry.params,
    query: entry.query,
    ids: entry.ids,
    person: [...new Set(entry.person)],
    links: linksOf(route, context),
    vendor: entry.vendor,
    whenDenied: whenDeniedOf(route, context),
    onUncertain: entry.onUncertain,
    decides: entry.decides,
    transfer: entry.transfer ?? null,
    endpoint: entry.endpoint ?? null,
    timeoutMs: entry.timeout,
    concurrency: entry.concurrency,
    rate: entry.rate,
    retryForMs: entry.retry.for,
    deadLettersKeepMs: entry.deadLetters.keep,
    settings,
  };
}

/** Keys that neither all destinations nor this type have. Reported here, because settings schemas may be lenient. */
function checkKeys(
  own: Readonly<Record<string, unknown>>,
  type: KnownType,
  at: { path: Path; context: Context },
): Record<string, unknown> {
  const settings = keysAt(type.settings, []);
  if (settings === null && Object.keys(own).length === 0) return own;
  const known = settings ?? [];
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(own)) {
    if (known.includes(key)) {
      kept[key] = value;
      continue;
    }
    const hint = didYouMean(key, [...known, ...COMMON_KEYS]);
    at.context.report.error(
      'unknown-key',
      [...at.path, key],
      `type \`${type.type}\` has no option \`${key}\`${hint}`,
    );
  }
  return kept;
}

function typeFor(value: object, at: Path, { report, registries }: Context): KnownType | null {
  const name: unknown = Reflect.get(value, 'type');
  const path = [...at, 'type'];
  if (name === undefined) report.error('missing', path, '`type` is missing');
  else if (typeof name !== 'string')
    report.error('wrong-type', path, 'expected the name of a destination type');
  else {
    const type = typeOf(registries, name);
    if (type !== undefined) return type;
    const known = registries.destinations.map((each) => each.type);
    checkNames([{ name, path }], { code: 'unknown-type', what: 'destination type', known }, report);
  }
  return null;
}

function compileDestination(name: string, value: unknown, context: Context): Destination | null {
  const { report } = context;
  const at = ['destinations', name];
  if (!NAME.test(name)) report.error('wrong-value', at, NAME_EXPECTED);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report.error('wrong-type', at, 'expected a mapping of options');
    return null;
  }
  const type = typeFor(value, at, context);
  const shared = Object.fromEntries(Object.entries(value).filter(([key]) => COMMON_KEYS.includes(key)));
  const own = Object.fromEntries(Object.entries(value).filter(([key]) => !COMMON_KEYS.includes(key)));
  const entry = parsePart(common, { value: { ...shared, type: '' }, at }, report);
  if (type === null) return null;
  const kept = checkKeys(own, type, { path: at, context });
  const settings = parsePart(type.settings, { value: kept, at }, report);
  if (entry.value === null) return null;
  const destination = assemble({ name, at, type, entry: entry.value }, settings.value, context);
  return entry.sound && settings.sound ? destination : null;
}

export function compileDestinations(context: Context): readonly Destination[] {
  const { root, report } = context;
  const value = root['destinations'] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    report.error('wrong-type', ['destinations'], 'expected a mapping of destinations by name');
    report.incomplete.add('destinations');
    return [];
  }
  const compiled: Destination[] = [];
  for (const name of keysOf(value)) {
    const destination = compileDestination(name, Reflect.get(value, name), context);
    if (destination === null) report.incomplete.add('destinations');
    else compiled.push(destination);
  }
  return compiled;
}
