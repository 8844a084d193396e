// A headless Chromium and a page for it: bundles of unmodified clients, served from an origin of their own.

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const PLACES = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const found = PLACES.find((path) => path !== '' && existsSync(path));

/** For `needing`: null if there is a browser. */
export const noBrowser =
  found === undefined ? 'no Chromium found; install it or set CHROMIUM to its path' : null;

let browser: Promise<Browser> | null = null;
test.after.always(async () => (await browser)?.close());

/** A page without history, closed at the end of the test; the browser is shared by a test file. As root it runs unsandboxed. */
export async function openPage(t: ExecutionContext, options: BrowserContextOptions = {}): Promise<Page> {
  browser ??= chromium.launch({
    ...(found === undefined ? {} : { executablePath: found }),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  const context = await (await browser).newContext(options);
  t.teardown(() => context.close());
  return context.newPage();
}

/** Bundles a piece of code for the browser; bare imports are looked up from the checkout. */
export async function bundle(code: string): Promise<string> {
  const result = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname, loader: 'js' },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return result.outputFiles[0]?.text ?? '';
}

export interface Site {
  /** Origin of the pages, without a slash at the end. */
  readonly origin: string;
  /** What `/client.js` answers, for pages loaded from now on. */
  script: string;
}

/** A site on a port of its own whose every page loads `/client.js`. */
export async function serveSite(t: ExecutionContext): Promise<Site> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.setHeader('content-type', `${isScript ? 'text/javascript' : 'text/html'}; charset=utf-8`);
    response.end(
      isScript ? site.script : '<!doctype html><title>Canal boots</title><script src="/client.js"></script>',
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const site: Site = { origin: `http://localhost:${port}`, script: '' };
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return site;
}
