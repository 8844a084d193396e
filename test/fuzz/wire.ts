// Puts drafts on a socket of their own, in good manners and bad ones, and reads whatever comes back.

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Draft } from './drafts.ts';

/** How the bytes go out. `cut`: half of them, then nothing and gone. `leave`: all of them, then gone. */
export const MANNERS = ['whole', 'halves', 'drip', 'half close', 'cut', 'leave'] as const;
export type Manner = (typeof MANNERS)[number];

export interface Answered {
  readonly status: number;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
  /** All of it as it came. */
  readonly text: string;
}

const PATIENCE_MS = 20_000;

function chunks(body: Buffer, broken: boolean): Buffer {
  const half = Math.ceil(body.length / 2);
  const parts = [body.subarray(0, half), body.subarray(half)].filter((part) => part.length > 0);
  const size = (part: Buffer): string =>
    broken ? `${part.length.toString(16)}g;=` : part.length.toString(16);
  return Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`${size(part)}\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from(broken ? '0\r\nx-trailer\r\n' : '0\r\nx-trailer: 1\r\n\r\n'),
  ]);
}

interface Framed {
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

function framed({ body, framing }: Draft): Framed {
  const length = (bytes: number): [string, string] => ['content-length', String(Math.max(0, bytes))];
  const chunked: [string, string] = ['transfer-encoding', 'chunked'];
  switch (framing) {
    case 'length':
      return { headers: [length(body.length)], body };
    case 'short':
      return { headers: [length(body.length - 3)], body };
    case 'long':
      return { headers: [length(body.length + 3)], body };
    case 'twice':
      return { headers: [length(body.length), length(body.length + 1)], body };
    case 'none':
      return { headers: [], body };
    case 'both':
      return { headers: [length(4), chunked], body: chunks(body, false) };
    case 'chunked':
    case 'broken chunks':
      return { headers: [chunked], body: chunks(body, framing !== 'chunked') };
    default:
      return framing satisfies never;
  }
}

/** The request as bytes. */
export function written(draft: Draft): Buffer {
  const { headers, body } = framed(draft);
  const lines = [...draft.headers, ...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = `${draft.method} ${draft.target} ${draft.version}\r\n${lines}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Every whole answer in what came back, interim ones left out. To HEAD there is a length but no body: then the next one begins. */
export function answersIn(got: Buffer): readonly Answered[] {
  const answers: Answered[] = [];
  for (let at = 0; at < got.length;) {
    const end = got.indexOf('\r\n\r\n', at);
    if (end < 0) break;
    const [first = '', ...lines] = got.toString('latin1', at, end).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1] ?? 0);
    const headers = new Map<string, string[]>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
    }
    const bodiless =
      status < 200 || status === 204 || got.toString('latin1', end + 4, end + 11) === 'HTTP/1.';
    const rest = got.length - end - 4;
    const length = bodiless ? 0 : Number(headers.get('content-length')?.[0] ?? rest);
    if (length > rest) break;
    const next = end + 4 + length;
    if (status >= 200 || status === 0)
      answers.push({
        status,
        headers,
        body: got.toString('utf8', end + 4, next),
        text: got.toString('latin1', at, next),
      });
    at = next;
  }
  return answers;
}

async function sent(socket: Socket, bytes: Buffer, manner: Manner): Promise<void> {
  const half = Math.floor(bytes.length / 2);
  switch (manner) {
    case 'whole':
      socket.write(bytes);
      return;
    case 'halves':
      socket.write(bytes.subarray(0, half));
      await pause(2);
      socket.write(bytes.subarray(half));
      return;
    case 'drip':
      for (let at = 0; at < Math.min(40, bytes.length); at += 1) {
        socket.write(bytes.subarray(at, at + 1));
        await pause(0);
      }
      socket.write(bytes.subarray(40));
      return;
    case 'half close':
      socket.end(bytes);
      return;
    case 'cut':
      socket.write(bytes.subarray(0, half));
      await pause(2);
      socket.destroy();
      return;
    case 'leave':
      socket.write(bytes, () => socket.destroy());
      return;
    default:
      return manner satisfies never;
  }
}

export interface Exchange {
  readonly port: number;
  readonly bytes: Buffer;
  readonly manner: Manner;
  /** Answers to expect before the connection is closed from here. */
  readonly answers: number;
}

/**
 * Sends and reads until the answers are there, or the server is through with the connection. What asks for more bytes than were
 * sent gets the end of the connection instead, once nothing has come for a while.
 */
export async function exchange({ port, bytes, manner, answers }: Exchange): Promise<readonly Answered[]> {
  const socket = connect(port, '127.0.0.1');
  const got: Buffer[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let idle: NodeJS.Timeout | undefined;
  const all = (): Buffer => Buffer.concat(got);
  socket.on('data', (chunk) => {
    got.push(chunk);
    if (answersIn(all()).length >= answers) socket.end();
  });
  socket.on('error', () => undefined).once('close', () => resolve());
  const late = setTimeout(() => socket.destroy(), PATIENCE_MS);
  await sent(socket, bytes, manner);
  if (manner !== 'half close') idle = setTimeout(() => socket.end(), 300);
  await closed;
  clearTimeout(idle);
  clearTimeout(late);
  return answersIn(all());
}
