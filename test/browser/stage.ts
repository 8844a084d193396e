// A page with the page script before a gateway that permits what a test says, in a real browser. Whatever the page asks of anybody is
// written down: uploads end here, and other hosts are never reached.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { Page, Request } from 'playwright-core';
import { readAsset, readPackageFile } from '../../src/config/assets.ts';
import type { PermittedTags } from '../../src/core/tags.ts';
import { stage, start } from '../http/fixture.ts';
import { openPage } from '../support/browser.ts';
import { site, snapshot } from '../support/snapshot.ts';

export const NOTHING: PermittedTags = { tags: [], recordings: [], refused: ['clarity'] };
export const HOTJAR = { name: 'hotjar', src: 'https://static.hotjar.com/c/hotjar-1234567.js?sv=6' };
export const CLARITY = {
  format: 'clarity',
  project: 'mustershop1',
  text: 'balanced',
  upload: '/clarity/collect',
} as const;

export interface Upload {
  readonly url: URL;
  /** Envelope: see the layout of Clarity's uploads. */
  readonly e: readonly unknown[];
  readonly a: readonly (readonly unknown[])[];
  readonly p?: readonly (readonly unknown[])[];
}

export interface Staged {
  readonly page: Page;
  /** Origin of the page. */
  readonly origin: string;
  readonly gateway: string;
  /** What is permitted from now on; null: the gateway does not answer the question. */
  permitted: PermittedTags | null;
  /** Addresses asked for, without the page itself and its favicon. */
  readonly asked: readonly string[];
  readonly uploads: readonly Upload[];
  /** Of requests to hosts that are neither page nor gateway. */
  readonly foreign: readonly string[];
  /** Values of a cookie that the page can read. */
  cookies(name: string): Promise<readonly string[]>;
  /** Loads a page that includes the script as often as said. */
  open(path?: string, options?: { readonly times?: number; readonly csp?: string }): Promise<void>;
}

const readUpload = (request: Request): Upload => {
  const body = request.postDataBuffer() ?? Buffer.alloc(0);
  const text = body[0] === 0x1f ? gunzipSync(body).toString() : body.toString();
  return { url: new URL(request.url()), ...(JSON.parse(text) as Omit<Upload, 'url'>) }; // as the library writes it
};

const html = (script: string, times: number): string =>
  `<!doctype html><html><head><title>Canal boots</title>${`<script async src="${script}"></script>`.repeat(times)}</head>` +
  '<body><h1>Boots</h1><p id="text">Warm boots for wet days</p><input id="name"></body></html>';

interface Served {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A server of pages of its own: a page that the test's route made up could not ask servers on loopback. */
async function servePages(t: ExecutionContext, host: string, served: () => Served): Promise<string> {
  const server = createServer((_request, response) => {
    const { headers, body } = served();
    response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://${host}:${(server.address() as AddressInfo).port}`; // a TCP server has one
}

/** `apart`: the gateway answers on a sub-domain of the page's, else under the page's own origin. */
export async function staged(t: ExecutionContext, { apart = false } = {}): Promise<Staged> {
  const state = { permitted: NOTHING as PermittedTags | null };
  const asked: string[] = [];
  const uploads: Upload[] = [];
  const foreign: string[] = [];
  const origins: string[] = [];
  const config = snapshot({ sites: [site({ origins })] });
  const { ports } = stage({
    snapshot: () => config,
    permittedTags: () => {
      if (state.permitted === null) throw new Error('no answer');
      return state.permitted;
    },
    scripts: [
      { path: '/tags.js', body: Buffer.from(readAsset('src/browser/tags.js')), maxAgeS: 0 },
      { path: '/clarity.js', body: readPackageFile('clarity-js/build/clarity.min.js'), maxAgeS: 0 },
    ],
  });
  const shown = { times: 1, csp: '' };
  const served = (): Served => ({
    headers: shown.csp === '' ? {} : { 'content-security-policy': shown.csp },
    body: html(`${gateway}/tags.js`, shown.times),
  });
  const shop = apart ? await servePages(t, 'shop.localhost', served) : null;
  if (shop !== null) origins.push(shop);
  const port = await start(t, ports);
  const gateway = `http://${apart ? 't.shop.localhost' : 'shop.localhost'}:${port}`;
  const origin = shop ?? gateway;
  if (shop === null) origins.push(gateway);

  const page = await openPage(t);
  page.on('pageerror', (error) => t.fail(`the page threw ${error.message}`));
  await page.route('**/*', async (route, request) => {
    const url = new URL(request.url());
    if (url.origin === origin && url.pathname.startsWith('/pages/'))
      return apart ? route.continue() : route.fulfill({ contentType: 'text/html', ...served() });
    if (url.pathname !== '/favicon.ico') asked.push(url.href);
    if (url.origin !== origin && url.origin !== gateway) {
      foreign.push(url.href);
      return url.pathname.endsWith('.js')
        ? route.fulfill({ contentType: 'text/javascript', body: `window.ran = (window.ran ?? 0) + 1;` })
        : route.abort();
    }
    if (url.pathname !== '/clarity/collect') return route.continue();
    uploads.push(readUpload(request));
    return route.fulfill({
      status: 200,
      headers: { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' },
      body: '',
    });
  });

  return {
    page,
    origin,
    gateway,
    get permitted() {
      return state.permitted;
    },
    set permitted(next) {
      state.permitted = next;
    },
    asked,
    uploads,
    foreign,
    cookies: async (name) =>
      (await page.evaluate<string>('document.cookie'))
        .split('; ')
        .filter((pair) => pair.startsWith(`${name}=`))
        .map((pair) => decodeURIComponent(pair.slice(name.length + 1))),
    async open(path = '/pages/boots', { times = 1, csp = '' } = {}) {
      Object.assign(shown, { times, csp });
      await page.goto(origin + path);
    },
  };
}
