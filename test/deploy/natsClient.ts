// As much of a NATS client as a test of servers needs: it says who it is, asks, and hears what the server tells of itself.

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { until } from '../support/gateway.ts';

export interface NatsClient {
  /** The answer to a request, as text; empty where there is none in time, as while a leader is chosen. */
  ask(subject: string, text: string): Promise<string>;
  /** Everything that the server said so far. */
  heard(): string;
  readonly closed: boolean;
}

const ANSWER_MS = 3000;
const INBOX = 'made.up.inbox';

/** Bodies of the messages to one inbox, in order. One that came by way of another server has two spaces before its length. */
const bodiesTo = (heard: string, inbox: string): readonly string[] =>
  [...heard.matchAll(/^MSG (\S+) \d+ +(?:\S+ )?(\d+)\r\n/gm)]
    .filter(([, subject]) => subject === inbox)
    .map(({ 0: line, 2: length, index }) =>
      heard.slice(index + line.length, index + line.length + Number(length)),
    );

function sayHello(socket: Socket, password: string): void {
  const hello = {
    verbose: false,
    pedantic: false,
    user: 'sluis',
    pass: password,
    lang: 'test',
    version: '0',
  };
  socket.write(`CONNECT ${JSON.stringify(hello)}\r\nSUB ${INBOX}.* 1\r\nPING\r\n`);
}

/** Resolves when the server has answered: it takes us, or it has closed. */
export async function askNats(t: ExecutionContext, port: number, password: string): Promise<NatsClient> {
  const socket = connect(port, '127.0.0.1');
  let [heard, closed, asked] = ['', false, 0];
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
    if (chunk.includes('PING\r\n')) socket.write('PONG\r\n');
  });
  socket.on('error', () => undefined).on('close', () => void (closed = true));
  t.teardown(() => void socket.destroy());
  sayHello(socket, password);
  await until('an answer', () => closed || heard.includes('PONG\r\n'));
  return {
    heard: () => heard,
    get closed() {
      return closed;
    },
    async ask(subject, text) {
      const inbox = `${INBOX}.${(asked += 1)}`;
      socket.write(`PUB ${subject} ${inbox} ${Buffer.byteLength(text)}\r\n${text}\r\n`);
      const answered = until('an answer', () => closed || bodiesTo(heard, inbox).length > 0, ANSWER_MS);
      await answered.catch(() => undefined);
      return bodiesTo(heard, inbox)[0] ?? '';
    },
  };
}
