// Trial mode: a demo shop on its own origin and stand-ins for every vendor, all on loopback.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Snapshot } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import { startStandIns } from './standIns.ts';
import type { SeenRequest } from './standIns.ts';

export interface Trial {
  /** Address of the demo shop. */
  readonly shop: string;
  /**
   * The snapshot with every destination sent to its stand-in and the shop among the origins of its first site. Its store is in
   * memory: what waits in the file's own for real vendors must not be taken to stand-ins.
   */
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

const CSP = (gateway: string): string =>
  `default-src 'self'; connect-src 'self' ${gateway}; frame-ancestors 'none'; base-uri 'none'`;

function serve(response: ServerResponse, file: readonly [string, () => string], gateway: string): void {
  response.writeHead(200, {
    'content-type': `${file[0]}; charset=utf-8`,
    'content-security-policy': CSP(gateway),
    'cache-control': 'no-store',
  });
  response.end(file[1]());
}

/** Starts shop and stand-ins. Throws `GatewayError` if the shop's port is taken. */
export async function startTrial(options: TrialOptions): Promise<Trial> {
  const standIns = await startStandIns(options);
  let writeKey = '';
  const files: Readonly<Record<string, readonly [string, () => string]>> = {
    '/': [
      'text/html',
      () =>
        fill(page('index.html'), {
          gateway: options.gateway(),
          console: options.console(),
          writeKey,
        }),
    ],
    '/shop.js': ['text/javascript', () => page('shop.js')],
    '/shop.css': ['text/css', () => page('shop.css')],
    '/seen.json': [
      'application/json',
      () => JSON.stringify(standIns.seen().map(({ headers: _headers, ...shown }) => shown)),
    ],
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/[?#].*$/s, '');
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file === undefined) response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
    else serve(response, file, options.gateway());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new GatewayError(
          'address_unavailable',
          `port ${options.port} for the demo shop is taken; choose another with \`--shop-port\``,
          { cause },
        ),
      ),
    );
    server.listen(options.port, '127.0.0.1', resolve);
  }).catch(async (error: unknown) => {
    await standIns.close();
    throw error;
  });
  const { port } = server.address() as AddressInfo; // listening on TCP
  const origins = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
  return {
    shop: `http://localhost:${port}/`,
    redirect(snapshot) {
      const [first, ...others] = snapshot.sites;
      writeKey = first?.writeKey ?? '';
      return {
        ...snapshot,
        store: 'memory:',
        server: { ...snapshot.server, allowPrivateEndpoints: true },
        sites: first === undefined ? [] : [{ ...first, origins: [...first.origins, ...origins] }, ...others],
        destinations: snapshot.destinations.map((each) => ({
          ...each,
          endpoint: standIns.endpoints[each.type] ?? each.endpoint,
        })),
      };
    },
    seen: () => standIns.seen(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await standIns.close();
    },
  };
}
