// What concerns all partitions, wherever they are: finding, replaying, erasing, and whether anything of a person is queued.

import type { NatsConnection } from '@nats-io/transport-node';
import type { Json } from '../../core/json.ts';
import type { FindQuery, Found } from '../../core/ports.ts';
import { answerFor, foundIn, heldIn } from './answers.ts';
import { Asks } from './asks.ts';
import type { OwnedPartitions } from './owned.ts';

const DEFAULT_LIMIT = 1000;
/** What one partition is asked for at once, so that its answer fits a message. */
const FIND_PAGE = 500;
/** So long questions are collected: every request with a denial asks. */
const COLLECT_MS = 20;
/** Digests of one question. */
const MOST = 5_000;

export interface EverywherePorts {
  readonly nats: NatsConnection;
  readonly subject: string;
  /** How many partitions there are. */
  readonly of: number;
  readonly owned: OwnedPartitions;
}

interface Asking {
  readonly subjects: readonly string[];
  resolve(held: readonly string[]): void;
  reject(error: unknown): void;
}

export class Everywhere {
  readonly #asks: Asks;
  readonly #owned: OwnedPartitions;
  readonly #all: readonly number[];
  #asking: Asking[] = [];

  constructor({ nats, subject, of, owned }: EverywherePorts) {
    this.#owned = owned;
    this.#all = Array.from({ length: of }, (_, n) => n);
    this.#asks = new Asks({
      nats,
      subject,
      owned: () => owned.numbers(),
      answer: (n, question) => answerFor(owned.demand(n), question),
    });
  }

  close(): void {
    this.#asks.close();
  }

  /** In the order of their sequence numbers, which is about that of their arrival. */
  async find(query: FindQuery): Promise<readonly Found[]> {
    const limit = query.limit ?? DEFAULT_LIMIT;
    const found: Found[] = [];
    let { after } = query;
    while (found.length < limit) {
      const size = Math.min(FIND_PAGE, limit - found.length);
      const input = { ...query, limit: size, ...(after === undefined ? {} : { after }) };
      const answers = await this.#asks.ask({ kind: 'find', input }, this.#all);
      const page = foundIn(answers).slice(0, size);
      found.push(...page);
      after = page.at(-1)?.id;
      if (page.length < size) break;
    }
    return found;
  }

  async requeue(ids: readonly string[]): Promise<number> {
    const of = new Set(ids.map((id) => this.#owned.numberOf(id)).filter((n) => n !== null));
    return sum(await this.#asks.ask({ kind: 'requeue', input: [...ids] }, [...of]));
  }

  async erase(subjects: readonly string[]): Promise<number> {
    if (subjects.length === 0) return 0;
    return sum(await this.#asks.ask({ kind: 'erase', input: [...subjects] }, this.#all));
  }

  /** Those that have anything pending or dead. Every request with a denial asks, so questions are collected. */
  holding(subjects: readonly string[]): Promise<readonly string[]> {
    if (subjects.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      if (this.#asking.length === 0) setTimeout(() => this.#ask(), COLLECT_MS);
      this.#asking.push({ subjects, resolve, reject });
    });
  }

  #ask(): void {
    const asking = this.#asking.splice(0);
    const all = [...new Set(asking.flatMap(({ subjects }) => subjects))];
    const parts: Promise<readonly string[]>[] = [];
    for (let from = 0; from < all.length; from += MOST) parts.push(this.#held(all.slice(from, from + MOST)));
    Promise.all(parts).then(
      (answers) => {
        const held = new Set(answers.flat());
        for (const one of asking) one.resolve(one.subjects.filter((subject) => held.has(subject)));
      },
      (error: unknown) => {
        for (const one of asking) one.reject(error);
      },
    );
  }

  async #held(subjects: readonly string[]): Promise<readonly string[]> {
    const answers = await this.#asks.ask({ kind: 'holds', input: [...subjects] }, this.#all);
    return heldIn(answers, subjects);
  }
}

function sum(answers: ReadonlyMap<number, Json>): number {
  let total = 0;
  for (const answer of answers.values()) total += typeof answer === 'number' ? answer : 0;
  return total;
}
