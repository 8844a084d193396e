// What one route asks for, held against what its type can do and what the file and the tables know.

import type { Destination, LinkRequest } from '../core/config.ts';
import { BUILT_IN_PURPOSES, type Purpose } from '../core/consent.ts';
import { IDENTIFIERS, identifierKind } from '../core/identifiers.ts';
import { SYSTEMS } from '../core/identifiers/kind.ts';
import type { IdTreatment } from '../core/treatment.ts';
import { checkNames, listed, mappedSources, type Context, type KnownType } from './context.ts';
import type { Path } from './problems.ts';
import type { DestinationEntry } from './schema.ts';
import { didYouMean } from './suggest.ts';

export interface Route {
  readonly name: string;
  readonly at: Path;
  readonly type: KnownType;
  readonly entry: DestinationEntry;
}

interface Requiring {
  readonly at: Path;
  readonly type: Pick<KnownType, 'type' | 'demands'>;
  readonly entry: Pick<DestinationEntry, 'requires' | 'decides'>;
}

/** What the type demands, what the route adds, and what deciding about people adds; in the order of the built-in purposes. */
export function requiresOf(
  { at, type, entry }: Requiring,
  { report, purposes }: Context,
): readonly Purpose[] {
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

export function linksOf({ at, type, entry }: Route, { report }: Context): readonly LinkRequest[] {
  if (entry.links.length > 0 && !type.links)
    report.error(
      'link-without-place',
      [...at, 'links'],
      `type \`${type.type}\` has no place for ids of other systems`,
    );
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

export function checkVendor(
  { at, entry }: { readonly at: Path; readonly entry: Pick<DestinationEntry, 'vendor'> },
  { report, registries }: Context,
): void {
  const known = [...new Set(['tcf', 'ac', ...mappedSources(registries)])];
  for (const [list, id] of Object.entries(entry.vendor)) {
    const path = [...at, 'vendor', list];
    checkNames([{ name: list, path }], { code: 'unknown-list', what: 'vendor list', known }, report);
    if ((list === 'tcf' || list === 'ac') && !/^[1-9]\d{0,5}$/.test(id))
      report.error('wrong-value', path, `vendors of the list \`${list}\` have a number`);
  }
}

export function whenDeniedOf({ at, type, entry }: Route, { report }: Context): Destination['whenDenied'] {
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

/** Names and possibilities that need no answer but whether they are right. */
export function checkRoute(route: Route, context: Context): void {
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
