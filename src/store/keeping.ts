// What operators and the rights of persons ask of a store: finding, replaying, erasing, pruning. Each works in bounded steps,
// so that a long one never holds up accepting and delivering.

import type { Found, FindQuery } from '../core/ports.ts';
import { UNREADABLE } from './load.ts';
import type { Owner } from './owner.ts';
import { STATES } from './pool.ts';
import { decodeProgress } from './progress.ts';
import type { Ended } from './queue.ts';
import { decodeHead } from './head.ts';
import type { Head } from './head.ts';
import type { HeadRow } from './rows.ts';
import type { Turn } from './turn.ts';

/** Where a step ended; null when there is nothing left. */
export interface Step<T> {
  readonly value: T;
  readonly next: number | null;
}

/** Deliveries of the next rows, after the one given; at most what is left of the limit. */
export function findStep(
  owner: Owner,
  query: FindQuery,
  step: { readonly after: number; readonly rows: number },
): Step<readonly Found[]> {
  const page = owner.rows.scan(step.after, step.rows);
  const value = page.flatMap((row) => foundIn(owner, row, query));
  return { value, next: page.length < step.rows ? null : (page.at(-1)?.seq ?? null) };
}

function foundIn(owner: Owner, row: HeadRow, query: FindQuery): readonly Found[] {
  const { pool } = owner.queue;
  const slots = pool
    .slotsOf(row.seq)
    .filter((slot) => {
      const state = pool.state(slot);
      if (state === STATES.ended) return false;
      const lane = owner.queue.lanes.at(pool.lane(slot));
      if (query.destination !== undefined && lane.destination !== query.destination) return false;
      return (state === STATES.dead) === (query.state === 'dead');
    })
    .sort((a, b) => pool.position(a) - pool.position(b));
  if (slots.length === 0) return [];
  const head = decodeHead(row.head);
  const progress = decodeProgress(row.progress);
  return slots.map((slot) => ({
    ...namesOf(head, pool.position(slot)),
    id: owner.queue.idOf(slot),
    state: query.state,
    attempts: pool.attempts(slot),
    firstAt: pool.first(slot),
    dueAt: pool.due(slot),
    code: head === null ? 'unreadable' : (progress.get(pool.position(slot))?.code ?? null),
  }));
}

function namesOf(
  head: Head | null,
  position: number,
): Pick<Found, 'admission' | 'destination' | 'event' | 'subjects'> {
  const [event, , destination] = head?.deliveries[position] ?? ['', '', UNREADABLE];
  return { admission: head?.admission ?? '', destination, event, subjects: head?.subjects ?? [] };
}

/** Dead letters back to the queue, due now. A row without a readable head has nowhere to go. */
export function requeue(owner: Owner, ids: readonly string[], turn: Turn): number {
  const { queue } = owner;
  const slots = new Set(ids.map((id) => queue.slotOf(id)));
  let count = 0;
  for (const slot of slots) {
    if (slot === -1 || queue.pool.state(slot) !== STATES.dead) continue;
    if (queue.lanes.at(queue.pool.lane(slot)).destination === UNREADABLE) continue;
    queue.end(slot, STATES.due, turn);
    queue.write(queue.pool.seq(slot), [{ position: queue.pool.position(slot), code: null }], turn);
    count += 1;
  }
  return count;
}

/** Ends whatever the next rows hold of these subjects. Alone in its transaction: it reaches into the heaps. */
export function eraseStep(
  owner: Owner,
  subjects: readonly string[],
  step: { readonly after: number; readonly rows: number; readonly turn: Turn },
): Step<number> {
  const page = owner.rows.scan(step.after, step.rows);
  const theirs = page.filter((row) => concerns(row.head, subjects));
  const ended: Ended[] = [];
  const { pool, lanes } = owner.queue;
  const touched = new Set(theirs.flatMap((row) => pool.slotsOf(row.seq).map(pool.lane)));
  for (const row of theirs) ended.push(...endRow(owner, row.seq, step.turn));
  step.turn.onCommit(() => {
    for (const index of touched) lanes.at(index).due.keep((slot) => pool.state(slot) === STATES.due);
  });
  const heads = new Map(theirs.map((row) => [row.seq, row.head]));
  owner.logEnds(ended, (seq) => decodeHead(heads.get(seq) ?? ''));
  return { value: ended.length, next: page.length < step.rows ? null : (page.at(-1)?.seq ?? null) };
}

/** The text is searched before it is parsed, and a head that cannot be parsed counts by its text alone. */
function concerns(text: string, subjects: readonly string[]): boolean {
  const named = subjects.filter((subject) => text.includes(subject));
  if (named.length === 0) return false;
  const head = decodeHead(text);
  return head === null || named.some((subject) => head.subjects.includes(subject));
}

/** Everything of a row, pending or dead, and the row with it; answers what was still pending. */
function endRow(owner: Owner, seq: number, turn: Turn): readonly Ended[] {
  const { queue } = owner;
  const { pool } = queue;
  const ended: Ended[] = [];
  const slots = pool.slotsOf(seq);
  for (const slot of slots) {
    const state = pool.state(slot);
    if (state === STATES.ended) continue;
    queue.end(slot, STATES.ended, turn);
    if (state !== STATES.dead)
      ended.push({ seq, position: pool.position(slot), outcome: { name: 'erased', code: null } });
  }
  if (slots.length === 0) owner.rows.remove(seq);
  else queue.write(seq, [], turn);
  return ended;
}

/** Dead letters whose keep is over, among the next slots of the pool. */
export function pruneStep(
  owner: Owner,
  deadBefore: Readonly<Record<string, number>>,
  step: { readonly after: number; readonly slots: number; readonly turn: Turn },
): Step<number> {
  const { queue } = owner;
  const { pool, lanes } = queue;
  const until = Math.min(pool.capacity, step.after + step.slots);
  let count = 0;
  for (let slot = step.after; slot < until; slot += 1) {
    if (pool.state(slot) !== STATES.dead) continue;
    const before = keepOf(deadBefore, lanes.at(pool.lane(slot)).destination);
    if (pool.due(slot) >= before) continue;
    queue.end(slot, STATES.ended, step.turn);
    queue.write(pool.seq(slot), [{ position: pool.position(slot), code: null }], step.turn);
    count += 1;
  }
  return { value: count, next: until < pool.capacity ? until : null };
}

/** What no destination claims is kept as long as the longest keep. */
function keepOf(deadBefore: Readonly<Record<string, number>>, destination: string): number {
  if (Object.hasOwn(deadBefore, destination)) return deadBefore[destination] ?? -Infinity;
  const keeps = Object.values(deadBefore);
  return destination === UNREADABLE && keeps.length > 0 ? Math.min(...keeps) : -Infinity;
}
