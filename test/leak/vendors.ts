// Stand-ins that write down every byte they get and judge nothing. They can be held, so that deliveries pile up, and be hostile:
// then they answer with an error that says back what they were sent.

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Type } from './routing.ts';

export interface Got {
  readonly destination: string;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Vendors {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly got: Got[];
  hold(): void;
  release(): void;
  hostile: boolean;
  close(): Promise<void>;
}

function countOf(body: string, list: string): number {
  try {
    const found = (JSON.parse(body) as Record<string, unknown>)[list]; // any JSON, looked at on the next line
    return Array.isArray(found) ? found.length : 1;
  } catch {
    return 1;
  }
}

function answerOf(type: Type, body: string): string {
  if (type === 'meta')
    return JSON.stringify({ events_received: countOf(body, 'data'), messages: [], fbtrace_id: 'x' });
  if (type === 'x')
    return JSON.stringify({ data: { conversions_processed: countOf(body, 'conversions'), debug_id: 'x' } });
  return '{}';
}

/** As much of what it was sent as fits into the fields where vendors have codes and messages. */
function hostileAnswer(body: string): string {
  const words = (body.match(/[\w@.+-]{6,60}/g) ?? ['nothing']).slice(-12);
  const code = words.at(-1) ?? '';
  return JSON.stringify({
    category: words[0],
    message: body,
    correlationId: code,
    error: { message: body, type: words[1], code: words[2], error_subcode: words[3], error_user_msg: body },
    errors: words.map((word) => ({
      code: word,
      category: word,
      errorType: word,
      message: body,
      context: { id: [word] },
    })),
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** One server for each destination, so that it is known who got what. */
export async function startVendors(
  destinations: readonly { readonly name: string; readonly type: Type }[],
): Promise<Vendors> {
  const got: Got[] = [];
  let open = Promise.withResolvers<void>();
  open.resolve();
  const vendors = { hostile: false };
  const serve = async (
    destination: { name: string; type: Type },
    request: IncomingMessage,
    response: ServerResponse,
  ) => {
    const body = await textOf(request);
    got.push({
      destination: destination.name,
      method: request.method ?? '',
      url: request.url ?? '',
      rawHeaders: request.rawHeaders,
      body,
    });
    await open.promise;
    response.writeHead(vendors.hostile ? 400 : 200, { 'content-type': 'application/json' });
    response.end(vendors.hostile ? hostileAnswer(body) : answerOf(destination.type, body));
  };
  const servers = destinations.map((destination) =>
    createServer(
      (request, response) => void serve(destination, request, response).catch(() => response.destroy()),
    ),
  );
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((found) =>
          server.listen(0, '127.0.0.1', () => found((server.address() as AddressInfo).port)),
        ),
    ), // listening on TCP
  );
  return {
    endpoints: Object.fromEntries(
      destinations.map(({ name }, index) => [name, `http://127.0.0.1:${ports[index]}`]),
    ),
    got,
    hold: () => void (open = Promise.withResolvers<void>()),
    release: () => open.resolve(),
    get hostile() {
      return vendors.hostile;
    },
    set hostile(value: boolean) {
      vendors.hostile = value;
    },
    async close() {
      open.resolve();
      await Promise.all(
        servers.map((server) => {
          server.closeAllConnections();
          return new Promise((done) => server.close(done));
        }),
      );
    },
  };
}
