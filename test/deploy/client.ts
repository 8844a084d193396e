// A client of a front, over TLS, from an address of its own: all of 127.0.0.0/8 is this machine's.

import { request as plainRequest } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { IncomingHttpStatusHeader } from 'node:http2';
import { Agent, request } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { ExecutionContext } from 'ava';
import { NAME } from './front.ts';
import type { Front } from './front.ts';

/** Not the gateway's, not the front's. */
export const VISITOR = '127.0.0.77';
const ORIGIN = 'https://shop.example';

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Source address. Default: the visitor's. */
  readonly from?: string;
  /** Default: a connection of its own. */
  readonly agent?: Agent;
}

export interface Told {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const optionsOf = (front: Front, question: Question): RequestOptions => ({
  host: '127.0.0.1',
  port: front.https,
  servername: NAME,
  ca: front.ca,
  localAddress: question.from ?? VISITOR,
  agent: question.agent ?? false,
  method: question.method ?? 'GET',
  path: question.path,
  headers: { host: NAME, origin: ORIGIN, ...question.headers },
});

/** Begins a request; the answer is waited for, whether or not all of the request was sent. */
function begin(front: Front, question: Question): { sent: ClientRequest; told: Promise<Told> } {
  const sent = request(optionsOf(front, question));
  const told = new Promise<Told>((resolve, reject) => {
    sent.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject).setTimeout(40_000, () => sent.destroy(new Error('no answer')));
  });
  return { sent, told };
}

/** Rejects if no answer comes. */
export function ask(front: Front, question: Question): Promise<Told> {
  const { sent, told } = begin(front, question);
  sent.end(question.body);
  return told;
}

/** Sends all but the end of a body, and waits for what is said to that. */
export async function askHalf(front: Front, question: Question): Promise<Told> {
  const length = String(Buffer.byteLength(question.body ?? '') + 1);
  const headers = { ...question.headers, 'content-length': length };
  const { sent, told } = begin(front, { ...question, headers });
  sent.write(question.body);
  return told.finally(() => sent.destroy());
}

/** Sends all of a request and is gone at once, as a page is that is left. */
export function sendAndLeave(front: Front, question: Question): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(optionsOf(front, question), reject);
    sent.on('close', resolve).on('error', () => undefined);
    sent.end(question.body, () => sent.destroy());
  });
}

/** The same over HTTP/2; a list of cookies goes out as several fields, as browsers do it. */
export function askHttp2(
  t: ExecutionContext,
  front: Front,
  question: Question,
): Promise<Told & { readonly protocol: string }> {
  const session = connectHttp2(`https://${NAME}:${front.https}`, {
    ca: front.ca,
    lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  t.teardown(() => session.destroy());
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({
      ':method': question.method ?? 'GET',
      ':path': question.path,
      ':authority': NAME,
      origin: ORIGIN,
      ...question.headers,
    });
    const chunks: Buffer[] = [];
    let head: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    stream.on('response', (headers) => (head = headers));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
    stream.on('end', () =>
      resolve({
        status: head[':status'] ?? 0,
        headers: head,
        body: Buffer.concat(chunks).toString('utf8'),
        protocol: session.alpnProtocol ?? '',
      }),
    );
    stream.end(question.body);
  });
}

/** Without TLS. */
export function askPlainly(front: Front, path: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: front.http, path, headers: { host: NAME } };
    const sent = plainRequest({ ...options, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    sent.on('error', reject).end();
  });
}
