// A relay before the gateway that has outages: an answer lost on its way back, and a gateway that is not there. Clients have
// to try again, and the gateway has to take each event once.

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';

/** `lost`: the gateway keeps the events, but the client is told 503. `down`: the gateway never hears of them. */
export type Outage = 'lost' | 'down';

export interface Relay {
  readonly url: string;
  /** How each POST so far was met. */
  readonly met: readonly (Outage | 'passed')[];
  /** Paths of those POSTs, without query. */
  readonly paths: readonly string[];
  /** From now on the next POSTs meet these outages, later ones pass; forgets what was met before. */
  fail(outages: readonly Outage[]): void;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const HOP = new Set(['host', 'connection', 'content-length', 'keep-alive', 'transfer-encoding', 'expect']);

function requestHeaders(message: IncomingMessage): [string, string][] {
  return Object.entries(message.headers).flatMap(([name, value]): [string, string][] =>
    HOP.has(name) || value === undefined ? [] : [[name, String(value)]],
  );
}

function unavailable(response: ServerResponse): void {
  response.statusCode = 503;
  response.setHeader('retry-after', '1');
  response.end();
}

/** The first POSTs meet these outages, later ones pass. */
export async function startRelay(
  t: ExecutionContext,
  target: string,
  outages: readonly Outage[],
): Promise<Relay> {
  let coming = outages;
  const met: (Outage | 'passed')[] = [];
  const paths: string[] = [];
  const pass = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = message.method ?? 'GET';
    const body = await bodyOf(message);
    const meeting = method === 'POST' ? (coming[met.length] ?? 'passed') : 'passed';
    if (method === 'POST') {
      met.push(meeting);
      paths.push((message.url ?? '').replace(/\?.*/s, ''));
    }
    if (meeting === 'down') {
      response.setHeader('access-control-allow-origin', message.headers.origin ?? '*');
      response.setHeader('access-control-allow-credentials', 'true');
      return unavailable(response);
    }
    const answer = await fetch(target + (message.url ?? '/'), {
      method,
      headers: requestHeaders(message),
      body: method === 'GET' || method === 'OPTIONS' ? null : new Uint8Array(body),
    });
    for (const [name, value] of answer.headers) if (!HOP.has(name)) response.setHeader(name, value);
    const text = Buffer.from(await answer.arrayBuffer());
    if (meeting === 'lost') return unavailable(response);
    response.statusCode = answer.status;
    response.end(text);
  };
  const server = createServer((message, response) => {
    pass(message, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP server has one
    met,
    paths,
    fail(next) {
      coming = next;
      met.length = 0;
      paths.length = 0;
    },
  };
}
