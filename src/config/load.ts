// From the text of a routing file to a frozen snapshot, or to every problem in it at once. The environment, other files and
// the trial's secret are given by the caller; nothing else is looked at.

import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { GatewaySecret, ServerConfig, Snapshot } from '../core/config.ts';
import { Secret } from '../core/secret.ts';
import { deepFreeze, digestOf } from './canonical.ts';
import { checkUnique, keysOf, type Context, type Registries } from './context.ts';
import { compileDestinations } from './destinations.ts';
import { readDocument } from './document.ts';
import { lint, REFUSING } from './lint/index.ts';
import { compileNotices } from './notices.ts';
import { sortProblems, type Problem } from './problems.ts';
import { compileConsent, purposesOf } from './purposes.ts';
import { createReport, parsePart, type Report } from './report.ts';
import * as schema from './schema.ts';
import { SECTIONS, type Section } from './schema.ts';
import { compileSites } from './sites.ts';
import { didYouMean } from './suggest.ts';
import { compileTags } from './tags.ts';

export interface LoadOptions {
  /** Of the routing file: `${file:…}` is relative to its directory. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file named by the routing file; throws if it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly registries: Registries;
  /**
   * On trial: stands in where the file has no `secrets` (at least 32 characters, made anew at each start), and placeholders
   * such as `${GA4_API_SECRET:-trial}` are wanted. Absent: a file without `secrets` is refused. Default: absent.
   */
  readonly trialSecret?: string;
  /** Ids of secrets that digests of objections still use. Default: none known. */
  readonly secretsInUse?: readonly string[];
}

/**
 * `ok` says that the gateway may run the file. Findings of lint with severity `error` can stand beside it: where the gateway
 * itself makes up for them at run time (an undisclosed destination gets nothing), they are for `sluis check` to fail on.
 */
export type LoadResult =
  | { readonly ok: true; readonly snapshot: Snapshot; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

function checkSections(root: Readonly<Record<string, unknown>>, report: Report): void {
  for (const key of Object.keys(root)) {
    if ((SECTIONS as readonly string[]).includes(key)) continue;
    report.error('unknown-key', [key], `there is no option \`${key}\` here${didYouMean(key, SECTIONS)}`);
  }
}

/** Parses a section that has defaults for everything; null stands for an empty one. */
function section<T>(
  name: Section,
  part: { schema: z.ZodType<T>; empty: unknown },
  { root, report }: Context,
): T {
  const { value, sound } = parsePart(part.schema, { value: root[name] ?? part.empty, at: [name] }, report);
  if (!sound) report.incomplete.add(name);
  return value ?? part.schema.parse(part.empty);
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/i;

function compileServer(context: Context): ServerConfig {
  const { limits, ...entry } = section('server', { schema: schema.server, empty: {} }, context);
  if (
    !LOOPBACK.test(entry.admin.host) &&
    entry.adminTokens.length === 0 &&
    !context.report.incomplete.has('server')
  )
    context.report.error(
      'admin-without-tokens',
      ['server', 'admin'],
      'bind the admin listener to 127.0.0.1, or set `server.adminTokens`',
    );
  const { body, event, header, requestTimeout, ...counts } = limits;
  return {
    ...entry,
    limits: {
      ...counts,
      bodyBytes: body,
      eventBytes: event,
      headerBytes: header,
      requestTimeoutMs: requestTimeout,
    },
  };
}

/** User and password in an address. */
const LOGIN = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/;

function compileStore(context: Context): string {
  const store = section('store', { schema: schema.store, empty: schema.store.parse(undefined) }, context);
  const scheme = store.slice(0, store.indexOf(':'));
  const { stores } = context.registries;
  const driver = stores.find((each) => each.scheme === scheme);
  if (driver === undefined)
    context.report.error(
      'unknown-store',
      ['store'],
      `there is no store driver for this scheme; known: ${stores.map((each) => each.scheme).join(', ')}`,
    );
  for (const problem of driver?.problems?.(store) ?? [])
    context.report.error('wrong-value', ['store'], problem);
  if (scheme === 'sqlite' && store === 'sqlite:')
    context.report.error('wrong-value', ['store'], 'expected `sqlite:PATH`');
  return store;
}

function compileSecrets(context: Context, options: LoadOptions): readonly GatewaySecret[] {
  const { root, report } = context;
  const value = root['secrets'] ?? null;
  if (value === null && options.trialSecret !== undefined) {
    report.warning(
      'trial-only',
      ['secrets'],
      'the file has no `secrets`: it runs on trial only, with one made at each start',
    );
    return [{ id: 'trial', value: new Secret(options.trialSecret) }];
  }
  if (value === null) {
    const example = 'secrets: [{ id: k1, value: "${SLUIS_SECRET}" }]';
    report.error('secrets-missing', ['secrets'], `add \`${example}\`, with at least 32 random characters`);
    return [];
  }
  const { value: secrets, sound } = parsePart(schema.secrets, { value, at: ['secrets'] }, report);
  if (!sound) report.incomplete.add('secrets');
  const ids = (secrets ?? []).map(({ id }, index) => ({ value: id, path: ['secrets', index, 'id'] }));
  checkUnique(ids, 'this id of a secret', report);
  return secrets ?? [];
}

function compileController(context: Context): Snapshot['controller'] {
  const value = context.root['controller'] ?? null;
  if (value === null) return null;
  const parsed = parsePart(schema.controller, { value, at: ['controller'] }, context.report);
  if (!parsed.sound) context.report.incomplete.add('controller');
  return parsed.value;
}

function compile(context: Context, options: LoadOptions): Snapshot {
  checkSections(context.root, context.report);
  const server = compileServer(context);
  const store = compileStore(context);
  const secrets = compileSecrets(context, options);
  const { period } = section('pseudonyms', { schema: schema.pseudonyms, empty: {} }, context);
  const { keep } = section('ledger', { schema: schema.ledger, empty: {} }, context);
  const sites = compileSites(context);
  const entry = section('consent', { schema: schema.consent, empty: {} }, context);
  const notices = compileNotices(context);
  const destinations = compileDestinations(context);
  const tags = compileTags(context);
  const body = {
    server,
    store,
    secrets,
    pseudonyms: { periodMs: period },
    ledger: { keepMs: keep },
    controller: compileController(context),
    sites,
    consent: compileConsent(entry, [...destinations, ...tags], context),
    notices,
    destinations,
    tags,
  };
  // Like other secrets, who may use the store is left out of the digest.
  return { digest: digestOf({ ...body, store: store.replace(LOGIN, '$1') }), ...body };
}

function contextFor(
  root: Readonly<Record<string, unknown>>,
  report: Report,
  registries: Registries,
): Context {
  const consent = root['consent'];
  const added =
    typeof consent === 'object' && consent !== null ? keysOf(Reflect.get(consent, 'purposes')) : [];
  return {
    root,
    report,
    registries,
    purposes: purposesOf(added),
    siteNames: keysOf(root['sites']),
    destinationNames: keysOf(root['destinations']),
  };
}

export function loadConfig(text: string, options: LoadOptions): LoadResult {
  const directory = dirname(options.path);
  const readFile = (path: string): string => options.readFile(resolve(directory, path));
  const document = readDocument(text, { env: options.env, readFile });
  if (document.root === null) return { ok: false, problems: sortProblems(document.problems) };
  const report = createReport(document);
  const snapshot = compile(contextFor(document.root, report, options.registries), options);
  const findings = lint(
    {
      snapshot,
      places: document.places,
      registries: options.registries,
      secretsInUse: options.secretsInUse ?? [],
      trial: options.trialSecret !== undefined,
    },
    report.incomplete,
  );
  const refused =
    report.problems.some((each) => each.severity === 'error') ||
    findings.some((each) => REFUSING.has(each.code));
  const problems = sortProblems([...report.problems, ...findings]);
  return refused ? { ok: false, problems } : { ok: true, snapshot: deepFreeze(snapshot), problems };
}
