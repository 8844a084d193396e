// Destinations: the keys that all have, the settings of the type, and what the type can and cannot do. A route only ever
// adds to what its type demands.

import type { Destination } from '../core/config.ts';
import { checkNames, compileEntries, typeOf, type Context, type KnownType } from './context.ts';
import type { Path } from './problems.ts';
import { parsePart } from './report.ts';
import { checkRoute, linksOf, requiresOf, whenDeniedOf, type Route } from './route.ts';
import { common } from './schema.ts';
import { keysAt } from './shape.ts';
import { didYouMean } from './suggest.ts';
import { NAME, NAME_EXPECTED } from './values.ts';

const COMMON_KEYS = Object.keys(common.shape);

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
    person: entry.person,
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

export const compileDestinations = (context: Context): readonly Destination[] =>
  compileEntries('destinations', compileDestination, context);
