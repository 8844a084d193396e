// The wire of a recording on loopback: a site whose front passes uploads and consent on to the gateway and keeps a copy of each
// upload as the recorder sent it, and a collector that keeps what it gets in the end.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { PAGE } from './pages.ts';

/** One upload, as it was received. */
export interface Upload {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly packed: boolean;
  readonly text: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The recorder, as npm has it. */
const LIBRARY = readFileSync(
  new URL('../../../node_modules/clarity-js/build/clarity.min.js', import.meta.url),
);
const UPLOAD_PATH = '/clarity/collect';

async function listen(t: ExecutionContext, serve: RequestListener): Promise<number> {
  const server = createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port; // listening on TCP
}

/** Unpacked as the collector would: by its first two bytes. */
function uploadOf({ url = '', headers }: IncomingMessage, body: Buffer): Upload {
  const packed = body[0] === 0x1f && body[1] === 0x8b;
  return { path: url, headers, packed, text: (packed ? gunzipSync(body) : body).toString() };
}

export interface Collector {
  readonly url: string;
  readonly got: Upload[];
  /** What is answered to the one that is last in `got`. Default: 204 with nothing. */
  answer: (upload: Upload) => Answer;
}

export async function startCollector(t: ExecutionContext): Promise<Collector> {
  const collector = { got: [] as Upload[], answer: (): Answer => ({ status: 204, text: '' }) };
  const port = await listen(t, (request, response) => {
    void buffer(request).then((body) => {
      const upload = uploadOf(request, body);
      collector.got.push(upload);
      const { status, text } = kept.answer(upload);
      response.writeHead(status).end(text);
    });
  });
  const kept: Collector = Object.assign(collector, { url: `http://127.0.0.1:${port}` });
  return kept;
}

export interface Front {
  /** Origin of the pages, without a slash at the end. */
  readonly origin: string;
  /** Where uploads and consent go, without a slash at the end. */
  target: string;
  /** What the recorder sent, and what it was told. */
  readonly sent: (Upload & { answer: Answer | null })[];
  /** Paths of everything else that was asked for. */
  readonly asked: string[];
}

const page = (response: ServerResponse, type: string, body: string | Buffer): void => {
  response.setHeader('content-type', `${type}; charset=utf-8`);
  response.end(body);
};

/** Passes a request on as it is, and its answer back. */
async function relay(
  request: IncomingMessage,
  body: Buffer,
  target: string,
): Promise<[IncomingMessage, Buffer]> {
  const { method, url = '', headers } = request;
  const outgoing = send(target + url, { method, headers });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]; // as `http` emits it
  return [answer, await buffer(answer)];
}

export async function startFront(t: ExecutionContext): Promise<Front> {
  const front: Front & { origin: string } = { origin: '', target: '', sent: [], asked: [] };
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const isUpload = request.url?.startsWith(UPLOAD_PATH) === true;
    const upload = { ...uploadOf(request, body), answer: null as Answer | null };
    if (isUpload) front.sent.push(upload);
    const [answer, text] = await relay(request, body, front.target);
    upload.answer = { status: answer.statusCode ?? 0, text: text.toString() };
    response.writeHead(upload.answer.status, answer.headers).end(text);
  };
  const port = await listen(t, (request, response) => {
    const { url = '' } = request;
    if (url.startsWith(UPLOAD_PATH) || url === '/v1/consent')
      return void pass(request, response).catch(() => response.destroy());
    front.asked.push(url);
    return url === '/clarity.js'
      ? page(response, 'text/javascript', LIBRARY)
      : page(response, 'text/html', PAGE);
  });
  front.origin = `http://localhost:${port}`;
  return front;
}
