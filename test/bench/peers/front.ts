// The HTTP server that the peers stand behind, plain node:http because that is the quickest: it reads a body, parses it, and lets
// the peer answer. Prints its port; on SIGTERM it takes no more and lets the peer finish.

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';

export type Respond = (status: number) => void;

export interface Peer {
  /** Answers now or later, once. */
  take(event: unknown, respond: Respond): void;
  /** What its documentation does before the process ends. */
  close(): Promise<unknown>;
}

const BODY = '{"success":true}';
const HEADERS = { 'content-type': 'application/json', 'content-length': BODY.length };

function handle(peer: Peer, text: string, response: ServerResponse): void {
  const respond: Respond = (status) => void response.writeHead(status, HEADERS).end(BODY);
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    respond(400);
    return;
  }
  peer.take(event, respond);
}

export function serve(peer: Peer): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handle(peer, Buffer.concat(chunks).toString('utf8'), response));
  });
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo; // it listens on a port, not on a path
    process.stdout.write(`${JSON.stringify({ port })}\n`);
  });
  process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
    void peer.close().finally(() => process.exit(0));
  });
}
