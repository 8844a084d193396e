// Stands in for a gateway, to see what a front passes on, and dies at the worst moment: it hears a whole request and closes the
// connection without an answer. What it heard tells whether anything is sent twice.

import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { ExecutionContext } from 'ava';

/** `hold`: no answer until it is asked for. `die`: none at all. */
export type Mood = 'answer' | 'hold' | 'die';

export interface Heard {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Hearer {
  readonly port: number;
  /** Whole requests, oldest first. */
  readonly heard: readonly Heard[];
  /** Connections that were opened to it. */
  readonly connections: number;
  mood: Mood;
  /** Answers what was held. */
  release(): void;
}

export async function startHearer(t: ExecutionContext): Promise<Hearer> {
  const heard: Heard[] = [];
  const held: ServerResponse[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const { method = '', url = '', headers } = request;
        heard.push({ method, url, headers, body: Buffer.concat(chunks) });
        if (hearer.mood === 'die') request.socket.resetAndDestroy();
        else if (hearer.mood === 'hold') held.push(response);
        else response.end('heard');
      });
  });
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const hearer: Hearer = {
    port: (server.address() as AddressInfo).port, // a TCP server has one
    heard,
    get connections() {
      return connections;
    },
    mood: 'answer',
    release() {
      for (const response of held.splice(0)) response.end('heard');
    },
  };
  return hearer;
}
