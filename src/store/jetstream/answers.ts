// What gateways answer each other about the partitions they own, and how the answers of all of them are read.

import { isObject } from '../../core/json.ts';
import type { Json } from '../../core/json.ts';
import type { FindQuery, Found } from '../../core/ports.ts';
import type { Question } from './asks.ts';
import type { Partition } from './partition.ts';

/** Everything that was kept before the question is counted in. */
export async function answerFor(partition: Partition, { kind, input }: Question): Promise<Json> {
  await partition.sync();
  switch (kind) {
    case 'find':
      return (await partition.store.find(queryIn(input))).map((found) => ({
        ...found,
        subjects: [...found.subjects],
      }));
    case 'requeue':
      return partition.requeue(texts(input));
    case 'erase':
      return partition.erase(texts(input));
    case 'holds':
      return [...texts(input).entries()].flatMap(([index, subject]) =>
        partition.holds(subject) ? [index] : [],
      );
    default:
      return kind satisfies never;
  }
}

const texts = (value: Json): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

function queryIn(value: Json): FindQuery {
  const { state, destination, limit, after } = isObject(value) ? value : {};
  return {
    state: state === 'dead' ? 'dead' : 'pending',
    ...(typeof destination === 'string' ? { destination } : {}),
    ...(typeof limit === 'number' ? { limit } : {}),
    ...(typeof after === 'string' ? { after } : {}),
  };
}

/** Of all partitions, in the order of their sequence numbers. */
export function foundIn(answers: ReadonlyMap<number, Json>): readonly Found[] {
  const found = [...answers.values()].flatMap((answer) =>
    Array.isArray(answer) ? answer.flatMap((one) => foundOf(one) ?? []) : [],
  );
  return found.sort((a, b) => {
    const [[seqA = 0, atA = 0], [seqB = 0, atB = 0]] = [placeOf(a.id), placeOf(b.id)];
    return seqA === seqB ? atA - atB : seqA - seqB;
  });
}

const placeOf = (id: string): readonly number[] => id.split('.').map(Number);

function foundOf(value: Json): Found | null {
  if (!isObject(value)) return null;
  const { id, admission, destination, event, state, attempts, firstAt, dueAt, code, subjects } = value;
  if (typeof id !== 'string' || typeof admission !== 'string' || typeof destination !== 'string') return null;
  if (typeof event !== 'string' || typeof attempts !== 'number') return null;
  if (typeof firstAt !== 'number' || typeof dueAt !== 'number') return null;
  return {
    id,
    admission,
    destination,
    event,
    state: state === 'dead' ? 'dead' : 'pending',
    attempts,
    firstAt,
    dueAt,
    code: typeof code === 'string' ? code : null,
    subjects: texts(subjects ?? null),
  };
}

/** Those of the subjects that any partition holds something of. */
export function heldIn(answers: ReadonlyMap<number, Json>, subjects: readonly string[]): readonly string[] {
  const held = new Set<number>();
  for (const answer of answers.values())
    if (Array.isArray(answer)) for (const index of answer) held.add(Number(index));
  return subjects.filter((_, index) => held.has(index));
}
