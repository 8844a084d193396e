// The address of a replicated store, `nats://[user:password@]a:4222,b:4222?prefix=…`, read into options. All that is wrong with
// it is told at once, and no message repeats a user, a password or a token.

import { GatewayError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';

export type Login =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: Secret }
  | { readonly kind: 'password'; readonly user: string; readonly password: Secret }
  /** Path of a `.creds` file, which holds a token and the seed that proves it. */
  | { readonly kind: 'creds'; readonly file: string }
  /** Path of a file that holds the seed of an nkey. */
  | { readonly kind: 'nkey'; readonly file: string };

export interface NatsAddress {
  /** `host:port`, at least one. */
  readonly servers: readonly string[];
  /** `tls://`, or one of `ca`, `cert` and `key`: nothing is said in plain text. */
  readonly tls: boolean;
  readonly login: Login;
  /** Stands before the names of all streams and buckets. */
  readonly prefix: string;
  readonly replicas: number;
  /** Fixed when the streams are made. */
  readonly partitions: number;
  readonly dedupeMs: number;
  /** For all partitions together, on each server that holds a replica. */
  readonly maxBytes: number;
  /** Paths of PEM files; null: what the system trusts, and no certificate of our own. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Where the disposable local file lies; null: in a temporary folder. */
  readonly local: string | null;
}

export type ParsedAddress =
  | { readonly ok: true; readonly address: NatsAddress }
  | { readonly ok: false; readonly problems: readonly string[] };

const DEFAULT_PORT = 4222;
const MOST_SERVERS = 32;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
/** What a partition needs at the least, so that the largest message fits several times. */
const PARTITION_BYTES = 4 * 1024 ** 2;

/** Some two million events; on each server it is reserved, so that a server with less room refuses at start. */
const MAX_BYTES = 4 * 1024 ** 3;
const DEDUPE_MS = 86_400_000;

interface Reader {
  readonly problems: string[];
  readonly parameters: ReadonlyMap<string, string>;
}

/** A parameter by its pattern, else its default; what does not fit is a problem and stands for the default. */
function read<T>(
  reader: Reader,
  name: string,
  { otherwise, expected, of }: { otherwise: T; expected: string; of: (text: string) => T | null },
): T {
  const text = reader.parameters.get(name);
  if (text === undefined) return otherwise;
  const value = of(text);
  if (value === null) reader.problems.push(`\`${name}\`: expected ${expected}`);
  return value ?? otherwise;
}

function amount(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d{1,6})([A-Za-z]{1,2})$/.exec(text);
  const unit = units[match?.[2] ?? ''];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

const within = (value: number | null, least: number, most: number): number | null =>
  value !== null && value >= least && value <= most ? value : null;

const whole = (text: string): number | null => (/^\d{1,3}$/.test(text) ? Number(text) : null);

const path = (reader: Reader, name: string): string | null =>
  read<string | null>(reader, name, {
    otherwise: null,
    expected: 'the path of a file',
    of: (text) => (text === '' || text.includes('\0') ? null : text),
  });

/** `host`, `host:port` or `[v6]:port`, with the port filled in; null if it is none of them. */
function serverOf(text: string): string | null {
  const match = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[2] ?? DEFAULT_PORT);
  return match === null || port === 0 || port > 65_535 ? null : `${match[1]}:${port}`;
}

/** The client would ask a server at such an address for a certificate of `localhost`. */
const isNumeric = (server: string): boolean => /^(?:\[|[\d.]+:\d+$)/.test(server);

function serversOf(text: string, problems: string[]): readonly string[] {
  const servers = text.split(',').map(serverOf);
  const sound = servers.filter((server) => server !== null);
  if (sound.length < servers.length)
    problems.push('servers: expected `HOST:PORT`, separated by commas, without a scheme of their own');
  if (new Set(sound).size < sound.length) problems.push('servers: one is named twice');
  if (servers.length > MOST_SERVERS) problems.push(`servers: expected at most ${MOST_SERVERS}`);
  return sound;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function userOf(text: string | undefined, problems: string[]): Login {
  if (text === undefined) return { kind: 'none' };
  const colon = text.indexOf(':');
  const [user, password] =
    colon === -1 ? [decode(text), null] : [decode(text.slice(0, colon)), decode(text.slice(colon + 1))];
  if (user === null || user === '' || (colon !== -1 && (password === null || password === ''))) {
    problems.push('expected `user:password@` or `token@`, with reserved characters percent-encoded');
    return { kind: 'none' };
  }
  return password === null
    ? { kind: 'token', token: new Secret(user) }
    : { kind: 'password', user, password: new Secret(password) };
}

function loginOf(user: string | undefined, reader: Reader): Login {
  const found: Login[] = [];
  const inUrl = userOf(user, reader.problems);
  if (inUrl.kind !== 'none') found.push(inUrl);
  const creds = path(reader, 'creds');
  if (creds !== null) found.push({ kind: 'creds', file: creds });
  const nkey = path(reader, 'nkey');
  if (nkey !== null) found.push({ kind: 'nkey', file: nkey });
  if (found.length > 1) reader.problems.push('expected one of `user:password@`, `creds` and `nkey`');
  return found[0] ?? { kind: 'none' };
}

const KNOWN = 'prefix, replicas, partitions, dedupe, maxBytes, creds, nkey, ca, cert, key, local'.split(', ');

/** By hand, because `URLSearchParams` reads a plus sign as a space, and paths may hold one. */
function parametersOf(query: string, problems: string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=');
    const name = equals === -1 ? part : part.slice(0, equals);
    const value = decode(equals === -1 ? '' : part.slice(equals + 1));
    // An unknown name may be the rest of a password with a question mark in it.
    if (!KNOWN.includes(name)) problems.push(`unknown parameter; known: ${KNOWN.join(', ')}`);
    else if (found.has(name)) problems.push(`\`${name}\`: stands there twice`);
    else if (value === null) problems.push(`\`${name}\`: a percent sign has to be written as \`%25\``);
    else found.set(name, value);
  }
  return found;
}

function optionsOf(reader: Reader, serverCount: number) {
  const partitions = read(reader, 'partitions', {
    otherwise: 8,
    expected: 'a whole number from 1 to 64',
    of: (text) => within(whole(text), 1, 64),
  });
  const least = partitions * PARTITION_BYTES;
  return {
    prefix: read(reader, 'prefix', {
      otherwise: 'sluis',
      expected: 'at most 32 letters, digits, `-` and `_`',
      of: (text) => (/^[A-Za-z0-9_-]{1,32}$/.test(text) ? text : null),
    }),
    replicas: read(reader, 'replicas', {
      otherwise: serverCount >= 3 ? 3 : 1,
      expected: '1, 3 or 5',
      of: (text) => (['1', '3', '5'].includes(text) ? Number(text) : null),
    }),
    partitions,
    dedupeMs: read(reader, 'dedupe', {
      otherwise: DEDUPE_MS,
      expected: 'a duration from `1s` to `30d`',
      of: (text) => within(amount(text, UNIT_MS), 1000, 30 * 86_400_000),
    }),
    maxBytes: read(reader, 'maxBytes', {
      otherwise: Math.max(MAX_BYTES, least),
      expected: `a size such as \`512MB\` or \`8GB\`, at least \`${least / 1024 ** 2}MB\``,
      of: (text) => within(amount(text, UNIT_BYTES), least, 1024 ** 5),
    }),
  };
}

const SHAPE = /^(nats|tls):\/\/(?:([^@/?#]*)@)?([^@/?#]*)\/?(?:\?([^#]*))?$/;

export function parseAddress(text: string): ParsedAddress {
  const match = SHAPE.exec(text);
  if (match === null)
    return {
      ok: false,
      problems: [
        'expected `nats://HOST:PORT,HOST:PORT?NAME=VALUE`; in a user or password write `@ : / ? # %` percent-encoded',
      ],
    };
  const [, scheme, user, hosts = '', query = ''] = match;
  const problems: string[] = [];
  const reader = { problems, parameters: parametersOf(query, problems) };
  const servers = serversOf(hosts, problems);
  const [ca, cert, key] = [path(reader, 'ca'), path(reader, 'cert'), path(reader, 'key')];
  if ((cert === null) !== (key === null)) problems.push('`cert` and `key` belong together');
  const tls = scheme === 'tls' || ca !== null || cert !== null;
  if (tls && servers.some(isNumeric))
    problems.push('servers: TLS wants host names, since addresses are not compared with certificates');
  const address = {
    servers,
    tls,
    login: loginOf(user, reader),
    ...optionsOf(reader, servers.length),
    ca,
    cert,
    key,
    local: path(reader, 'local'),
  };
  return problems.length === 0 ? { ok: true, address } : { ok: false, problems: [...new Set(problems)] };
}

/** Throws `config_invalid` with every problem. */
export function readAddress(text: string): NatsAddress {
  const parsed = parseAddress(text);
  if (parsed.ok) return parsed.address;
  throw new GatewayError('config_invalid', `the store address cannot be used: ${parsed.problems.join('; ')}`);
}
