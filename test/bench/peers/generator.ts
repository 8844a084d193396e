// The load generator of ../load.ts, but one that keeps account: it remembers which numbered events were answered with a 2xx, and a
// server that dies under it ends the run instead of the generator.

import { connect } from 'node:net';
import { Counts, idOf } from './ids.ts';
import { answerMessages } from './pinned.ts';

export interface GeneratorAsk {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in turn. `{{n}}` becomes the id of the event, `{{v}}` the number of a visitor, who sends eight events. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests per second over all connections; 0: as fast as answers come. */
  readonly rate: number;
  readonly run: number;
}

export interface GeneratorAnswer {
  readonly requests: number;
  /** Answered, but not with a 2xx. */
  readonly refused: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly seconds: number;
  /** 1 for each number that was answered with a 2xx. */
  readonly acknowledged: Uint8Array;
}

const EVENTS_OF_A_VISITOR = 8;
const DIGITS = 12;
const PLACES = { event: `@${'e'.repeat(DIGITS - 1)}`, visitor: `@${'v'.repeat(DIGITS - 1)}` } as const;

interface Template {
  readonly bytes: Buffer;
  readonly events: readonly number[];
  readonly visitors: readonly number[];
}

function placesOf(mark: string, bytes: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) places.push(at);
  return places;
}

function template(ask: GeneratorAsk, body: string): Template {
  const text = body.replaceAll('{{n}}', PLACES.event).replaceAll('{{v}}', PLACES.visitor);
  const head = [
    `POST ${ask.path} HTTP/1.1`,
    'host: 127.0.0.1',
    'connection: keep-alive',
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(ask.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const bytes = Buffer.from(`${head}\r\n\r\n${text}`);
  return { bytes, events: placesOf(PLACES.event, bytes), visitors: placesOf(PLACES.visitor, bytes) };
}

interface Sent {
  readonly bytes: Buffer;
  readonly number: number;
}

/** Makes the next request, and is told how each ended. */
class Source {
  readonly acknowledged = new Counts();
  readonly latencies: number[] = [];
  refused = 0;
  readonly #ask: GeneratorAsk;
  readonly #templates: readonly Template[];
  readonly #firstVisitor: number;
  #number = -1;

  constructor(ask: GeneratorAsk) {
    this.#ask = ask;
    this.#templates = ask.bodies.map((body) => template(ask, body));
    this.#firstVisitor = ask.run * 1e7;
  }

  next(): Sent {
    const number = (this.#number += 1);
    const { bytes, events, visitors } = this.#templates[number % this.#templates.length] as Template; // never empty
    const copy = Buffer.from(bytes);
    const id = idOf(this.#ask.run, number);
    for (const place of events) copy.write(id, place, 'latin1');
    const visitor = String(this.#firstVisitor + Math.floor(number / EVENTS_OF_A_VISITOR));
    for (const place of visitors) copy.write(visitor.padStart(DIGITS, '0'), place, 'latin1');
    return { bytes: copy, number };
  }

  ended(sent: Sent, good: boolean, ms: number): void {
    this.latencies.push(ms);
    if (good) this.acknowledged.add(sent.number);
    else this.refused += 1;
  }
}

/** One keep-alive connection with one request in flight, until the time is up or the server is gone. */
function oneConnection(ask: GeneratorAsk, source: Source, until: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(ask.port, '127.0.0.1');
    const gap = ask.rate > 0 ? (1000 * ask.connections) / ask.rate : 0;
    let due = performance.now() + Math.random() * gap;
    let started = 0;
    let pending = '';
    let sent: Sent | null = null;
    socket.setNoDelay(true).setEncoding('latin1');
    const send = (): void => {
      const now = performance.now();
      if (now >= until) socket.end();
      else if (gap > 0 && due > now) setTimeout(send, due - now);
      else {
        started = gap > 0 ? due : now;
        due += gap;
        sent = source.next();
        socket.write(sent.bytes);
      }
    };
    socket.on('connect', send);
    socket.on('data', (chunk: string) => {
      pending += chunk;
      const end = pending.indexOf('\r\n\r\n');
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(pending)?.[1] ?? 0);
      if (end < 0 || pending.length < end + 4 + length || sent === null) return;
      source.ended(sent, pending.startsWith('HTTP/1.1 2'), performance.now() - started);
      pending = '';
      send();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });
}

async function generate(ask: GeneratorAsk): Promise<GeneratorAnswer> {
  const source = new Source(ask);
  const begun = performance.now();
  const until = begun + ask.seconds * 1000;
  await Promise.all(Array.from({ length: ask.connections }, () => oneConnection(ask, source, until)));
  const seconds = (performance.now() - begun) / 1000;
  const sorted = source.latencies.sort((a, b) => a - b);
  return {
    requests: sorted.length,
    refused: source.refused,
    perSecond: sorted.length / seconds,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    seconds,
    acknowledged: source.acknowledged.list(),
  };
}

if (process.argv[1] === import.meta.filename) answerMessages((ask) => generate(ask as GeneratorAsk)); // asked by account.ts alone
