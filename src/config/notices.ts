// Notices: what visitors were told, version by version, oldest first. Older versions may name destinations that are gone;
// what they name of purposes, data and systems must exist.

import type { Disclosure, Notice } from '../core/config.ts';
import { IDENTIFIERS, identifierKind } from '../core/identifiers.ts';
import { SYSTEMS } from '../core/identifiers/kind.ts';
import { PERSON_FIELDS } from '../core/person.ts';
import { checkNames, checkUnique, listed, mappedSources, typeOf, type Context } from './context.ts';
import type { Path } from './problems.ts';
import { parsePart } from './report.ts';
import { notice as schema, type NoticeEntry } from './schema.ts';

type DisclosureEntry = NoticeEntry['discloses'][string];

const KINDS = [...new Set(IDENTIFIERS.map((each) => each.kind))];
const FULL_KINDS = IDENTIFIERS.map((each) => `${each.system}.${each.kind}`);

/** The system of a destination that the file still has, by its type. */
function systemOf(name: string, context: Context): string | null {
  const entry = context.root['destinations'];
  const value: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, name) : undefined;
  const type: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'type') : undefined;
  return typeof type === 'string' ? (typeOf(context.registries, type)?.system ?? null) : null;
}

/** Data under the name that decisions use: the bare kind for the destination's own system. */
function datum(name: string, system: string | null): string {
  const own = system === null ? '' : `${system}.`;
  return own !== '' && name.startsWith(own) && identifierKind(name) !== undefined
    ? name.slice(own.length)
    : name;
}

function checkDisclosure(entry: DisclosureEntry, at: Path, context: Context): void {
  const { report, purposes } = context;
  // the short form is the list itself
  const short = !report.places.has([...at, 'purposes']);
  const purposePath = short ? at : [...at, 'purposes'];
  checkNames(
    listed(entry.purposes, purposePath),
    { code: 'unknown-purpose', what: 'purpose', known: purposes },
    report,
  );
  const known = [...PERSON_FIELDS, ...KINDS, ...FULL_KINDS];
  checkNames(
    listed(entry.data, [...at, 'data']),
    { code: 'unknown-datum', what: 'identifier kind or person field', known },
    report,
  );
}

function disclosureOf(entry: DisclosureEntry, system: string | null): Disclosure {
  return {
    purposes: entry.purposes,
    data: entry.data.map((name) => datum(name, system)),
    country: entry.country ?? null,
    retention: entry.retention ?? null,
  };
}

function checkLinks(entry: NoticeEntry, at: Path, context: Context): void {
  const { report, destinationNames } = context;
  const systems = { code: 'unknown-system', what: 'system', known: SYSTEMS } as const;
  const known = [...destinationNames, ...SYSTEMS];
  const receivers = { code: 'unknown-receiver', what: 'destination or system', known } as const;
  entry.links.forEach((link, index) => {
    const path = [...at, 'links', index];
    checkNames([{ name: link.from, path: [...path, 'from'] }], systems, report);
    const named = Object.hasOwn(entry.discloses, link.to); // a destination that is gone but was disclosed
    if (!named) checkNames([{ name: link.to, path: [...path, 'to'] }], receivers, report);
    if (link.from === link.to || systemOf(link.to, context) === link.from)
      report.error('wrong-value', [...path, 'to'], 'a system is not linked to itself');
  });
}

function compileNotice(value: unknown, index: number, context: Context): Notice | null {
  const { report, registries } = context;
  const at = ['notices', index];
  const { value: entry, sound } = parsePart(schema, { value, at }, report);
  if (entry === null) return null;
  const sources = Object.keys(entry.seenAs).map((name) => ({ name, path: [...at, 'seenAs', name] }));
  const known = mappedSources(registries);
  checkNames(sources, { code: 'unknown-source', what: 'consent source', known }, report);
  const discloses: Record<string, Disclosure> = {};
  for (const [name, disclosure] of Object.entries(entry.discloses)) {
    checkDisclosure(disclosure, [...at, 'discloses', name], context);
    discloses[name] = disclosureOf(disclosure, systemOf(name, context));
  }
  checkLinks(entry, at, context);
  if (!sound) return null;
  return { id: entry.id, from: entry.from, seenAs: entry.seenAs, discloses, links: entry.links };
}

export function compileNotices(context: Context): readonly Notice[] {
  const { root, report } = context;
  const value = root['notices'] ?? [];
  if (!Array.isArray(value)) {
    report.error('wrong-type', ['notices'], 'expected a list of notices, oldest first');
    report.incomplete.add('notices');
    return [];
  }
  const compiled = value.map((each: unknown, index) => ({
    index,
    notice: compileNotice(each, index, context),
  }));
  const ids: { value: string; path: Path }[] = [];
  const notices: Notice[] = [];
  for (const { index, notice } of compiled) {
    if (notice === null) {
      report.incomplete.add('notices');
      continue;
    }
    const before = notices.at(-1);
    if (before !== undefined && notice.from <= before.from)
      report.error(
        'notices-out-of-order',
        ['notices', index, 'from'],
        'a notice must be later than the one before it',
      );
    ids.push({ value: notice.id, path: ['notices', index, 'id'] });
    notices.push(notice);
  }
  checkUnique(ids, 'this notice id', report);
  return notices;
}
