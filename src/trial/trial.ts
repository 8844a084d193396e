// Trial mode: a demo shop on its own origin and stand-ins for every vendor, all on loopback.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Snapshot } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import { startStandIns } from './standIns.ts';
import type { SeenRequest, StandIns } from './standIns.ts';

export interface Trial {
  /** Address of the demo shop. */
  readonly shop: string;
  /** Snapshots of the trial are `redirected` so. */
  readonly redirection: Redirection;
  /** `redirected`, with the shop playing the first site from now on. */
  redirect(snapshot: Snapshot): Snapshot;
  seen(): readonly SeenRequest[];
  close(): Promise<void>;
}

export interface TrialOptions {
  readonly now: () => number;
  /** Port of the shop; 0 for any. */
  readonly port: number;
  /** Addresses the page is told: of the gateway and of its console. */
  gateway(): string;
  console(): string;
}

const page = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');

/** Puts values into the `{{name}}` places of a page, as attribute values. */
const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{\{(\w+)\}\}/g, (_place, name: string) =>
    (values[name] ?? '').replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  );

/** What the shop's pages are made of. */
interface Shop {
  readonly options: TrialOptions;
  readonly standIns: StandIns;
  /** Key of the site that the shop plays. */
  writeKey: string;
}

/** Files by path: type, and body for a page that was asked for under this host name. */
const FILES: Readonly<Record<string, readonly [string, (shop: Shop, as: AsAsked) => string]>> = {
  '/': [
    'text/html',
    ({ options, writeKey }, as) =>
      fill(page('index.html'), {
        gateway: as(options.gateway()),
        console: as(options.console()),
        writeKey,
      }),
  ],
  '/shop.js': ['text/javascript', () => page('shop.js')],
  '/shop.css': ['text/css', () => page('shop.css')],
  '/seen.json': [
    'application/json',
    ({ standIns }) => JSON.stringify(standIns.seen().map(({ headers: _headers, ...shown }) => shown)),
  ],
};

/** An address under the name by which the page was asked for: a cookie of the gateway reaches pages of its own host only. */
type AsAsked = (address: string) => string;

function asAsked(request: IncomingMessage): AsAsked {
  const byNumber = /^127\.0\.0\.1(?::|$)/.test(request.headers.host ?? '');
  return (address) => (byNumber ? address.replace('//localhost', '//127.0.0.1') : address);
}

function answer(request: IncomingMessage, response: ServerResponse, shop: Shop): void {
  const path = (request.url ?? '/').replace(/[?#].*$/s, '');
  const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
  if (file === undefined) {
    response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
    return;
  }
  const as = asAsked(request);
  const [type, body] = file;
  response.writeHead(200, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy': `default-src 'self'; connect-src 'self' ${as(shop.options.gateway())}; frame-ancestors 'none'; base-uri 'none'`,
    'cache-control': 'no-store',
  });
  response.end(body(shop, as));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `port ${port} for the demo shop is taken; choose another with \`--shop-port\``;
      reject(new GatewayError('address_unavailable', message, { cause }));
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)); // listening on TCP
  });
}

/** What of a trial changes snapshots. */
export interface Redirection {
  /** Address of each stand-in, by destination type. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Of the shop. */
  readonly origins: readonly string[];
}

/** Types of which nothing leaves the process. */
const LOCAL: ReadonlySet<string> = new Set(['log', 'null']);

/**
 * The snapshot with every destination sent to its stand-in, those of types without one switched off, and the shop among the origins
 * of its first site. Its store is in memory: what waits in the file's own for real vendors must not be taken to stand-ins.
 */
export function redirected(snapshot: Snapshot, { endpoints, origins }: Redirection): Snapshot {
  const [first, ...others] = snapshot.sites;
  return {
    ...snapshot,
    store: 'memory:',
    server: { ...snapshot.server, allowPrivateEndpoints: true },
    sites: first === undefined ? [] : [{ ...first, origins: [...first.origins, ...origins] }, ...others],
    destinations: snapshot.destinations.map((each) => {
      const endpoint = endpoints[each.type];
      if (endpoint !== undefined) return { ...each, endpoint };
      return { ...each, enabled: each.enabled && LOCAL.has(each.type) };
    }),
  };
}

/** Starts shop and stand-ins. Throws `GatewayError` if the shop's port is taken. */
export async function startTrial(options: TrialOptions): Promise<Trial> {
  const standIns = await startStandIns(options);
  const shop: Shop = { options, standIns, writeKey: '' };
  const server = createServer((request, response) => answer(request, response, shop));
  const port = await listen(server, options.port).catch(async (error: unknown) => {
    await standIns.close();
    throw error;
  });
  const redirection: Redirection = {
    endpoints: standIns.endpoints,
    origins: [`http://localhost:${port}`, `http://127.0.0.1:${port}`],
  };
  return {
    redirection,
    shop: `http://localhost:${port}/`,
    redirect(snapshot) {
      shop.writeKey = snapshot.sites[0]?.writeKey ?? '';
      return redirected(snapshot, redirection);
    },
    seen: () => standIns.seen(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await standIns.close();
    },
  };
}
