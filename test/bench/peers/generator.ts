// The load generator of ../load.ts, but one that keeps account: it remembers which numbered events were answered with a 2xx, and a
// server that dies under it ends the run instead of the generator.

import { DIGITS, EVENTS_OF_A_VISITOR, oneConnection, template } from '../load.ts';
import type { Lane, Template } from '../load.ts';
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

  /** For one connection: the number in flight is its own. */
  lane(): Lane {
    let number = -1;
    return {
      next: () => this.#bytesOf((number = this.#number += 1)),
      ended: (good, ms) => this.#ended(number, good, ms),
    };
  }

  #bytesOf(number: number): Buffer {
    const { bytes, events, visitors } = this.#templates[number % this.#templates.length] as Template; // never empty
    const copy = Buffer.from(bytes);
    const id = idOf(this.#ask.run, number);
    for (const place of events) copy.write(id, place, 'latin1');
    const visitor = String(this.#firstVisitor + Math.floor(number / EVENTS_OF_A_VISITOR));
    for (const place of visitors) copy.write(visitor.padStart(DIGITS, '0'), place, 'latin1');
    return copy;
  }

  #ended(number: number, good: boolean, ms: number): void {
    this.latencies.push(ms);
    if (good) this.acknowledged.add(number);
    else this.refused += 1;
  }
}

/** Until the time is up or the server is gone. */
const connection = (ask: GeneratorAsk, source: Source, until: number): Promise<void> =>
  oneConnection(ask, source.lane(), until).catch(() => undefined);

async function generate(ask: GeneratorAsk): Promise<GeneratorAnswer> {
  const source = new Source(ask);
  const begun = performance.now();
  const until = begun + ask.seconds * 1000;
  await Promise.all(Array.from({ length: ask.connections }, () => connection(ask, source, until)));
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
