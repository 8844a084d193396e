// Sites: keys, tags and names that are each of one site alone, and consent sources that exist.

import type { Site } from '../core/config.ts';
import { checkNames, checkUnique, grantingSources, keysOf, listed, type Context } from './context.ts';
import { parsePart } from './report.ts';
import { site as schema } from './schema.ts';
import { NAME, NAME_EXPECTED } from './values.ts';

function compileSite(name: string, value: unknown, context: Context): Site | null {
  const { report } = context;
  const at = ['sites', name];
  if (!NAME.test(name)) report.error('wrong-value', at, NAME_EXPECTED);
  const { value: entry, sound } = parsePart(schema, { value, at }, report);
  if (entry === null) return null;
  const sources = {
    code: 'unknown-source',
    what: 'consent source',
    known: grantingSources(context.registries),
  } as const;
  checkNames(listed(entry.consent, [...at, 'consent']), sources, report);
  return sound ? { name, ...entry } : null;
}

/** Keys and tags name a site: two sites that share one could not be told apart. */
function checkKeys(sites: readonly Site[], { report }: Context): void {
  const keys = sites.flatMap((site) => [
    { value: site.writeKey, path: ['sites', site.name, 'writeKey'] },
    ...site.serverKeys.map((key, index) => ({
      value: key.reveal(),
      path: ['sites', site.name, 'serverKeys', index],
    })),
  ]);
  checkUnique(keys, 'this key', report);
  const tags = sites.flatMap((site) =>
    site.tags.map((tag, index) => ({ value: tag.toLowerCase(), path: ['sites', site.name, 'tags', index] })),
  );
  checkUnique(tags, 'this tag', report);
}

export function compileSites(context: Context): readonly Site[] {
  const { root, report } = context;
  const names = keysOf(root['sites']);
  if (names.length === 0) {
    if (root['sites'] === undefined || root['sites'] === null)
      report.error('missing', ['sites'], 'there is no site, so nobody could send anything');
    else report.error('wrong-type', ['sites'], 'expected a mapping of sites by name, with at least one');
  }
  const sites: Site[] = [];
  for (const name of names) {
    const site = compileSite(name, valueOf(root['sites'], name), context);
    if (site === null) report.incomplete.add('sites');
    else sites.push(site);
  }
  checkKeys(sites, context);
  return sites;
}

const valueOf = (holder: unknown, name: string): unknown =>
  typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
