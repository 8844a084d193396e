// Vendors of the trial: one server per destination type on loopback, which judges requests by the vendor's documented rules
// and answers as the vendor would. Nothing here talks to the outside.

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ga4 } from './ga4Rules.ts';
import type { VendorRules, VendorVerdict } from './rules.ts';
import { hubspot, meta, webhook, x } from './rules.ts';

const RULES: Readonly<Record<string, VendorRules>> = { ga4, hubspot, meta, x, http: webhook };
const KEEP = 100;
const MAX_BODY = 8 * 1024 * 1024;

/** One request as a vendor saw it. The trial runs on made-up people only, so its bodies may be shown. */
export interface SeenRequest {
  /** Counts up from 1 over all vendors. */
  readonly number: number;
  readonly at: number;
  readonly vendor: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly status: number;
  readonly problems: readonly string[];
  readonly accepted: number;
}

export interface StandIns {
  /** Base address by destination type. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Newest last. */
  seen(): readonly SeenRequest[];
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new RangeError('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, verdict: VendorVerdict): void {
  response.writeHead(verdict.status, verdict.body === null ? {} : { 'content-type': 'application/json' });
  response.end(verdict.body === null ? undefined : JSON.stringify(verdict.body));
}

/** Starts a stand-in for each type. `record` keeps every request instead of the last hundred (tests). */
export async function startStandIns(options: {
  readonly now: () => number;
  readonly record?: boolean;
}): Promise<StandIns> {
  const seen: SeenRequest[] = [];
  let number = 0;
  const servers: Server[] = [];
  const endpoints: Record<string, string> = {};
  for (const [vendor, rules] of Object.entries(RULES)) {
    const server = createServer((request, response) => {
      void (async () => {
        const body = await bodyOf(request);
        const url = new URL(request.url ?? '/', 'http://vendor.example');
        const headers = request.headers as Record<string, string | undefined>; // repeated headers do not occur here
        const call = {
          method: request.method ?? '',
          path: url.pathname,
          query: url.searchParams,
          headers,
          body,
          now: options.now(),
        };
        const verdict = rules(call);
        const { status, problems, accepted } = verdict;
        number += 1;
        seen.push({
          number,
          at: call.now,
          vendor,
          method: call.method,
          url: request.url ?? '/',
          headers,
          body,
          status,
          problems,
          accepted,
        });
        if (options.record !== true && seen.length > KEEP) seen.shift();
        answer(response, verdict);
      })().catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoints[vendor] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // listening on TCP
    servers.push(server);
  }
  return {
    endpoints,
    seen: () => seen,
    async close() {
      await Promise.all(
        servers.map((server) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}
