// Questions that concern all partitions, asked of all gateways at once: each answers for the partitions it owns. An answer is whole
// or it fails: one partition that nobody speaks for in time is `store_unavailable`.

import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { createInbox } from '@nats-io/transport-node';
import { GatewayError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import type { Json } from '../../core/json.ts';
import { parse } from '../shape.ts';

/** Longer than a partition takes to change hands on purpose, shorter than a client waits. */
const ANSWER_MS = 5_000;
/** Nobody answered for some: perhaps they were changing hands just then. */
const REPEAT_MS = 500;

export interface Question {
  readonly kind: 'find' | 'requeue' | 'erase' | 'holds';
  readonly input: Json;
}

/** Answers for one partition that this gateway owns; rejects if it cannot. */
export type AnswerOf = (n: number, question: Question) => Promise<Json>;

export interface AskPorts {
  readonly nats: NatsConnection;
  readonly subject: string;
  /** Partitions that this gateway owns now. */
  owned(): readonly number[];
  readonly answer: AnswerOf;
}

export class Asks {
  readonly #ports: AskPorts;
  readonly #stop: () => void;
  /** What is being answered now, by where the answer goes: a question that is repeated is not answered twice. */
  readonly #answering = new Set<string>();

  constructor(ports: AskPorts) {
    this.#ports = ports;
    const subscription = ports.nats.subscribe(ports.subject, {
      callback: (error, message) => {
        if (error === null) void this.#answer(message);
      },
    });
    this.#stop = () => subscription.unsubscribe();
  }

  close(): void {
    this.#stop();
  }

  /** An answer of every partition asked for, by its number. */
  ask(question: Question, of: readonly number[]): Promise<ReadonlyMap<number, Json>> {
    if (of.length === 0) return Promise.resolve(new Map());
    const answers = new Map<number, Json>();
    const missing = new Set(of);
    return new Promise((resolve, reject) => {
      const { nats } = this.#ports;
      const end = (error: GatewayError | null): void => {
        clearInterval(repeat);
        clearTimeout(late);
        subscription.unsubscribe();
        if (error === null) resolve(answers);
        else reject(error);
      };
      const take = (n: number, value: Json): void => {
        if (!missing.delete(n)) return;
        answers.set(n, value);
        if (missing.size === 0) end(null);
      };
      const inbox = createInbox();
      const subscription = nats.subscribe(inbox, {
        callback: (error, message) => {
          const answer = error === null ? answerIn(message) : null;
          if (answer !== null) take(answer.n, answer.value);
        },
      });
      const put = (): void => {
        const owned = this.#ports.owned();
        for (const n of owned)
          if (missing.has(n)) void this.#once(n, inbox, question).then((value) => take(n, value), ignore);
        const elsewhere = [...missing].filter((n) => !owned.includes(n));
        if (elsewhere.length > 0 && !nats.isClosed())
          nats.publish(this.#ports.subject, JSON.stringify({ ...question, of: elsewhere }), { reply: inbox });
      };
      const repeat = setInterval(put, REPEAT_MS);
      const late = setTimeout(() => end(nobody()), ANSWER_MS);
      put();
    });
  }

  async #once(n: number, reply: string, question: Question): Promise<Json> {
    const key = `${reply} ${n}`;
    if (this.#answering.has(key)) throw new Error('being answered');
    this.#answering.add(key);
    return this.#ports.answer(n, question).finally(() => this.#answering.delete(key));
  }

  async #answer(message: Msg): Promise<void> {
    const asked = questionIn(message.string());
    if (asked === null) return;
    const mine = this.#ports.owned().filter((n) => asked.of.includes(n));
    await Promise.all(
      mine.map(async (n) => {
        try {
          const value = await this.#once(n, message.reply ?? '', asked.question);
          message.respond(JSON.stringify({ n, value }));
        } catch {
          // Whoever asked asks again, and fails if nobody answers.
        }
      }),
    );
  }
}

const ignore = (): void => undefined;

const nobody = (): GatewayError =>
  new GatewayError('store_unavailable', 'no gateway answers for a part of the store; try again', {
    retryAfter: 3,
  });

function answerIn(message: Msg): { readonly n: number; readonly value: Json } | null {
  const answer = parse(message.string());
  if (!isObject(answer) || typeof answer['n'] !== 'number') return null;
  return { n: answer['n'], value: answer['value'] ?? null };
}

function questionIn(text: string): { readonly question: Question; readonly of: readonly unknown[] } | null {
  const asked = parse(text);
  if (!isObject(asked)) return null;
  const { kind, input = null, of } = asked;
  if (kind !== 'find' && kind !== 'requeue' && kind !== 'erase' && kind !== 'holds') return null;
  return Array.isArray(of) ? { question: { kind, input }, of } : null;
}
