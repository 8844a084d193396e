// Requests full of things that no log of a front may repeat, and input that is no request at all.

import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { VISITOR } from './client.ts';
import type { Question } from './client.ts';
import { NAME } from './front.ts';
import type { Front } from './front.ts';

const at = (place: string): string => `telltale-${place}`;

/** Strings that the requests below carry, one for each place. */
export const TELLTALES = [
  ...['query', 'cookie', 'referrer', 'agent', 'body', 'key', 'host', 'path', 'method', 'line'].map(at),
  '203.0.113.9',
  'ADA',
];

const HEADERS = {
  cookie: `_ga=${at('cookie')}`,
  referer: `https://shop.example/?mail=${at('referrer')}`,
  'user-agent': at('agent'),
  'x-forwarded-for': '203.0.113.9',
  'content-type': 'application/json',
};

const query = `cid=${at('query')}`;

/** The same question in ways that are served, refused, unknown, badly named, too large, and of another site. */
export const telltale = ({ path }: Question): readonly Question[] => [
  { method: 'POST', path: `${path}?${query}`, headers: HEADERS, body: `{"writeKey":"${at('key')}"}` },
  { method: 'POST', path, headers: HEADERS, body: JSON.stringify({ event: at('body') }).padEnd(70_000) },
  { method: 'GET', path: `/g/collect?tid=G-TEST00001&${query}`, headers: HEADERS },
  { method: 'GET', path: `/v1/${at('path')}/ADA?${query}`, headers: HEADERS },
  { method: 'GET', path: `/%3F${query}`, headers: HEADERS },
  { method: 'GET', path: '/v1/ADA', headers: HEADERS },
  { method: 'GET', path: `/readyz?${query}`, headers: { ...HEADERS, host: `${at('host')}.example` } },
  { method: 'GET', path: `/readyz?${query}`, headers: { ...HEADERS, host: `${NAME}:443` } },
  { method: 'GET', path: `/?${query}`, headers: { ...HEADERS, 'x-long': 'x'.repeat(40_000) } },
  { method: 'GET', path: `/${'x'.repeat(20_000)}?${query}`, headers: HEADERS },
];

/** Neither TLS nor HTTP, and a request that ends in the middle. */
export async function sendGarbage(front: Front): Promise<void> {
  const texts = [
    `${at('method')} /?${query} HTTP/1.1\r\nhost: ${NAME}\r\n\r\n`,
    `GET /?${query} HTTP/9.9\r\nhost: ${NAME}\r\ncookie: ${at('cookie')}\r\n\r\n`,
    `POST /v1/track?${query} HTTP/1.1\r\nhost: ${NAME}\r\ncontent-length: 9000\r\n\r\n${at('body')}`,
    `POST /v1/track?${query} HTTP/1.1\r\nhost: ${NAME}\r\ntransfer-encoding: chunked\r\n\r\n${at('line')}\r\n`,
  ];
  const options = { host: '127.0.0.1', port: front.https, localAddress: VISITOR };
  for (const text of texts) {
    await gone(connect(options), text);
    await gone(connectTls({ ...options, servername: NAME, ca: front.ca }), text);
    await gone(connect({ ...options, port: front.http }), text);
  }
}

/** Sends, says that this was all, and waits for the end. */
function gone(socket: ReturnType<typeof connect>, text: string): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.resume().end(text);
  });
}
