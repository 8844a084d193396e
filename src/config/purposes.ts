// Purposes and how signals map to them: config/purposes.yaml, extended by `consent.purposes`. A list in the file replaces the
// built-in list of the same source and purpose; an empty list makes the source silent, it never grants by asking for nothing.

import { parse } from 'yaml';
import { z } from 'zod';
import type { ConsentConfig, PurposeMapping, Recipient } from '../core/config.ts';
import { BUILT_IN_PURPOSES, GPC_PURPOSES, isExplicit, type Purpose } from '../core/consent.ts';
import { readAsset } from './assets.ts';
import { digestOf } from './canonical.ts';
import { checkNames, listed, mappedSources, type Context } from './context.ts';
import type { Path } from './problems.ts';
import type { ConsentEntry } from './schema.ts';
import { purposeName } from './values.ts';

/** Purpose → source → categories. */
type Table = Readonly<Record<Purpose, Readonly<Record<string, readonly string[]>>>>;

/** Signals that ask for no purpose by name, whatever they are mapped to. */
export const GENERAL: readonly string[] = ['tcf', 'gcm', 'gpp'];

const GCM_TYPES = [
  'ad_storage',
  'ad_user_data',
  'ad_personalization',
  'analytics_storage',
  'functionality_storage',
  'personalization_storage',
  'security_storage',
];
const TCF_PURPOSES = Array.from({ length: 11 }, (_, index) => String(index + 1));
const CLOSED: Readonly<Record<string, readonly string[]>> = { tcf: TCF_PURPOSES, gcm: GCM_TYPES };

const builtInSchema = z.record(
  purposeName,
  z.record(z.string(), z.array(z.union([z.string(), z.int()]).transform(String))),
);

let builtIn: Table | null = null;

/** The mapping that ships with the gateway; read once. */
export function builtInTable(): Table {
  builtIn ??= builtInSchema.parse(parse(readAsset('config/purposes.yaml')));
  return builtIn;
}

/** Every purpose a file knows, before it is checked: built in, shipped, and those it adds. */
export const purposesOf = (added: readonly string[]): readonly Purpose[] => [
  ...new Set([
    ...BUILT_IN_PURPOSES,
    ...Object.keys(builtInTable()),
    ...added.filter((each) => purposeName.safeParse(each).success),
  ]),
];

function sourcesOf(table: Table): Record<string, Record<Purpose, readonly string[]>> {
  const sources: Record<string, Record<Purpose, readonly string[]>> = {};
  for (const [purpose, rows] of Object.entries(table))
    for (const [source, categories] of Object.entries(rows))
      if (categories.length > 0) (sources[source] ??= {})[purpose] = [...new Set(categories)];
  return sources;
}

function extended(added: Table): Table {
  const table: Record<string, Readonly<Record<string, readonly string[]>>> = { ...builtInTable() };
  for (const [purpose, rows] of Object.entries(added)) table[purpose] = { ...table[purpose], ...rows };
  return table;
}

/** Categories that one purpose alone asks for, and that stand alone in what it asks for. */
function soleCategories(sources: PurposeMapping['sources']): ReadonlySet<string> {
  const sole = new Set<string>();
  for (const [source, purposes] of Object.entries(sources)) {
    if (GENERAL.includes(source)) continue;
    const all = Object.values(purposes).flat();
    for (const categories of Object.values(purposes)) {
      const [only] = categories;
      if (categories.length === 1 && only !== undefined && all.filter((each) => each === only).length === 1)
        sole.add(`${source}:${only}`);
    }
  }
  return sole;
}

function vendorLists(recipients: readonly Pick<Recipient, 'vendor'>[]): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  for (const { vendor } of recipients)
    for (const [list, id] of Object.entries(vendor)) (lists[list] ??= []).push(id);
  for (const list of Object.keys(lists)) lists[list] = [...new Set(lists[list])].sort();
  return lists;
}

export function buildMapping(
  entry: Pick<ConsentEntry, 'purposes' | 'cookies'>,
  recipients: readonly Pick<Recipient, 'vendor'>[],
): PurposeMapping {
  const sources = sourcesOf(extended(entry.purposes));
  const parts = {
    sources,
    sole: soleCategories(sources),
    vendors: vendorLists(recipients),
    cookieNames: entry.cookies,
  };
  return { ...parts, digest: digestOf(parts) };
}

function checkRow(
  row: { purpose: Purpose; source: string; categories: readonly string[] },
  context: Context,
): void {
  const { report, registries } = context;
  const path: Path = ['consent', 'purposes', row.purpose, row.source];
  const known = mappedSources(registries);
  checkNames(
    [{ name: row.source, path }],
    { code: 'unknown-source', what: 'source to map from', known },
    report,
  );
  if (isExplicit(row.purpose) && GENERAL.includes(row.source) && row.categories.length > 0)
    report.error(
      'explicit-from-general',
      path,
      `\`${row.purpose}\` must be asked for by name, which \`${row.source}\` cannot do`,
    );
  const closed = Object.hasOwn(CLOSED, row.source) ? CLOSED[row.source] : undefined;
  if (closed !== undefined)
    checkNames(
      listed(row.categories, path),
      { code: 'unknown-category', what: 'category', known: closed },
      report,
    );
}

export function compileConsent(
  entry: ConsentEntry,
  recipients: readonly Pick<Recipient, 'vendor'>[],
  context: Context,
): ConsentConfig {
  const { report, purposes, registries } = context;
  for (const [purpose, rows] of Object.entries(entry.purposes))
    for (const [source, categories] of Object.entries(rows))
      checkRow({ purpose, source, categories }, context);
  const denied = listed(entry.gpcDenies, ['consent', 'gpcDenies']);
  checkNames(denied, { code: 'unknown-purpose', what: 'purpose', known: purposes }, report);
  const cookies = Object.keys(entry.cookies).map((name) => ({ name, path: ['consent', 'cookies', name] }));
  const known = mappedSources(registries).filter((source) => !GENERAL.includes(source));
  checkNames(cookies, { code: 'unknown-source', what: 'consent tool', known }, report);
  return {
    maxAgeMs: entry.maxAge,
    graceMs: entry.grace,
    undated: entry.undated,
    purposes,
    gpcDenies: [...new Set([...GPC_PURPOSES, ...entry.gpcDenies])],
    mapping: buildMapping(entry, recipients),
  };
}
