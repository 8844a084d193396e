// Runs the case files: one folder per format, named by its source. A case gives an input and the claims that its reader must
// make of it; of each claim only the fields that the case names are compared.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { PurposeMapping, Site } from '../../src/core/config.ts';
import type { Claim, ConsentInput } from '../../src/core/consent.ts';
import type { ConsentReader } from '../../src/core/plugin.ts';
import { CONSENT_READERS } from '../../src/consent/index.ts';
import { noConsent } from '../support/events.ts';
import { mapping, site } from '../support/snapshot.ts';
import { context } from './context.ts';

interface Settings {
  /** The clock; default 2026-11-20T12:00:00Z. */
  readonly now?: string;
  readonly mapping?: Partial<Omit<PurposeMapping, 'sole'>> & { readonly sole?: readonly string[] };
  readonly site?: Partial<Site>;
}

interface Case extends Settings {
  readonly name: string;
  readonly input: Partial<ConsentInput>;
  readonly claims: readonly Record<string, unknown>[];
}

interface CaseFile extends Settings {
  readonly cases: readonly Case[];
}

const isFolder = (source: string): boolean =>
  readdirSync(import.meta.dirname, { withFileTypes: true }).some(
    (each) => each.isDirectory() && each.name === source,
  );

function contextOf(settings: Settings) {
  const { sole, ...rest } = settings.mapping ?? {};
  return context({
    ...(settings.now === undefined ? {} : { now: Date.parse(settings.now) }),
    mapping: mapping({ ...rest, ...(sole === undefined ? {} : { sole: new Set(sole) }) }),
    site: site(settings.site ?? {}),
  });
}

/** A claim with its date readable, and only the fields that the case is about. */
function shown(claim: Claim, wanted: Record<string, unknown>): Record<string, unknown> {
  const { dated } = claim;
  const readable = {
    ...claim,
    dated: dated === null ? null : { ...dated, at: new Date(dated.at).toISOString() },
  };
  return Object.fromEntries(Object.entries(readable).filter(([name]) => Object.hasOwn(wanted, name)));
}

for (const reader of CONSENT_READERS as readonly ConsentReader[]) {
  const { source } = reader;
  test(`${source} has case files`, (t) => t.true(isFolder(source)));
  if (!isFolder(source)) continue;
  const folder = join(import.meta.dirname, source);
  for (const name of readdirSync(folder)) {
    // written by us, in the shape above
    const file = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CaseFile;
    for (const each of file.cases)
      test(`${source}/${name}: ${each.name}`, (t) => {
        const claims = reader.read(noConsent(each.input), contextOf({ ...file, ...each }));
        t.is(claims.length, each.claims.length, JSON.stringify(claims));
        t.deepEqual(
          claims.map((claim, index) => shown(claim, each.claims[index] ?? {})),
          each.claims as Record<string, unknown>[],
        );
      });
  }
}
