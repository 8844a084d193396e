// Tags: scripts that browsers load themselves. Their names stand beside those of destinations in notices, metrics and explanations,
// so that no name is of both.

import type { Tag } from '../core/config.ts';
import { tagType } from '../core/tags.ts';
import type { TagType } from '../core/tags.ts';
import { checkNames, compileEntries, listed, type Context } from './context.ts';
import type { Path } from './problems.ts';
import { parsePart } from './report.ts';
import { checkVendor, requiresOf } from './route.ts';
import { tag as schema, type TagEntry } from './schema.ts';
import { NAME, NAME_EXPECTED } from './values.ts';

interface Named {
  readonly name: string;
  readonly at: Path;
}

function checkTag({ name, at }: Named, entry: TagEntry, context: Context): void {
  const { report, siteNames, destinationNames } = context;
  if (destinationNames.includes(name))
    report.error('duplicate', at, `\`${name}\` is a destination of this file; give the tag another name`);
  const sites = { code: 'unknown-site', what: 'site', known: siteNames } as const;
  checkNames(listed(entry.sites ?? [], [...at, 'sites']), sites, report);
  checkVendor({ at, entry }, context);
}

function assemble({ name, at }: Named, entry: TagEntry, of: { type: TagType; context: Context }): Tag {
  const { type, context } = of;
  checkTag({ name, at }, entry, context);
  return {
    name,
    type: type.type,
    enabled: entry.enabled,
    requires: requiresOf({ at, type, entry: { ...entry, decides: false } }, context),
    audience: type.audience,
    system: type.system ?? name,
    sites: entry.sites ?? null,
    events: null,
    person: [],
    links: [],
    vendor: entry.vendor,
    whenDenied: 'block',
    transfer: entry.transfer ?? null,
    src: entry.src,
  };
}

function compileTag(name: string, value: unknown, context: Context): Tag | null {
  const { report } = context;
  const at = ['tags', name];
  if (!NAME.test(name)) report.error('wrong-value', at, NAME_EXPECTED);
  const { value: entry, sound } = parsePart(schema, { value, at }, report);
  const type = entry === null ? undefined : tagType(entry.type);
  if (entry === null || type === undefined) return null;
  const tag = assemble({ name, at }, entry, { type, context });
  return sound ? tag : null;
}

export const compileTags = (context: Context): readonly Tag[] => compileEntries('tags', compileTag, context);
