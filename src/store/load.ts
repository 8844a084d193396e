// Fills the queue from the rows when a store opens. What an earlier process had leased is free at once; what it had begun is known
// as an attempt whose fate nobody saw.

import type { Log } from '../core/ports.ts';
import { STATES } from './pool.ts';
import type { State } from './pool.ts';
import { decodeProgress, encodeProgress, INITIAL } from './progress.ts';
import type { DeliveryProgress } from './progress.ts';
import type { Queue } from './queue.ts';
import { decodeHead } from './head.ts';
import { SCHEMA } from './record.ts';
import type { HeadRow, Rows } from './rows.ts';

/** Where a row goes whose head cannot be read: it names no destination any more. */
export const UNREADABLE = 'unreadable';

const PAGE = 1000;

export function load(
  queue: Queue,
  rows: Rows,
  surroundings: { readonly now: number; readonly log: Log },
): void {
  const { now, log } = surroundings;
  settleLeases(rows);
  let [pending, unreadable, newer, after] = [0, 0, 0, 0];
  for (;;) {
    const page = rows.scan(after, PAGE);
    for (const row of page) {
      const found = addRow(queue, row, () => markUnreadable(rows, row, now));
      pending += found.pending;
      unreadable += found.unreadable;
      newer += row.schema > SCHEMA ? 1 : 0;
    }
    after = page.at(-1)?.seq ?? after;
    if (page.length < PAGE) break;
  }
  if (unreadable > 0) log.error('store_rows_unreadable', { rows: unreadable });
  if (newer > 0) log.warn('store_rows_newer', { rows: newer });
  log.info('store_loaded', { pending });
}

/** Writes into the rows which attempts the last process had begun, and forgets its leases. */
function settleLeases(rows: Rows): void {
  rows.transaction(() => {
    const attempts = new Map<number, Map<number, number>>();
    for (const { deliveries } of rows.leases())
      for (const word of deliveries.split(' ')) {
        const [seq, position, attempt] = word.split('.').map(Number);
        if (seq === undefined || position === undefined || attempt === undefined) continue;
        const ofRow = attempts.get(seq) ?? new Map<number, number>();
        attempts.set(seq, ofRow.set(position, Math.max(attempt, ofRow.get(position) ?? 0)));
      }
    for (const [seq, ofRow] of attempts) markAttempts(rows, seq, ofRow);
    rows.dropLeases();
  });
}

function markAttempts(rows: Rows, seq: number, attempts: ReadonlyMap<number, number>): void {
  const row = rows.readHead(seq);
  if (row === null) return;
  const progress = decodeProgress(row.progress);
  let changed = false;
  for (const [position, attempt] of attempts) {
    const known = progress.get(position) ?? INITIAL;
    // An attempt that is no newer than the row's own count was settled before its row was dropped.
    if (known.state !== 'p' || attempt <= known.attempts) continue;
    progress.set(position, { ...known, attempts: attempt, unsettled: true });
    changed = true;
  }
  if (changed) rows.setProgress(seq, encodeProgress(progress));
}

/** It counts as dead from when it was first seen to be unreadable. */
export function markUnreadable(rows: Rows, row: HeadRow, now: number): DeliveryProgress {
  const known = decodeProgress(row.progress).get(0);
  if (known?.code === 'unreadable') return known;
  const dead: DeliveryProgress = { ...INITIAL, state: 'd', due: now, code: 'unreadable' };
  rows.transaction(() => rows.setProgress(row.seq, encodeProgress(new Map([[0, dead]]))));
  return dead;
}

/** Queues the deliveries of one row as its progress says. */
export function addRow(
  queue: Queue,
  row: HeadRow,
  unreadable: () => DeliveryProgress,
): { readonly pending: number; readonly unreadable: number } {
  const newer = row.schema > SCHEMA;
  const head = decodeHead(row.head);
  if (head === null) {
    if (newer) return { pending: 0, unreadable: 0 };
    const known = unreadable();
    const destination = UNREADABLE;
    add(queue, { row, position: 0, destination, first: known.due, state: STATES.dead, known });
    return { pending: 0, unreadable: 1 };
  }
  const progress = decodeProgress(row.progress);
  let pending = 0;
  for (const [position, [, , destination]] of head.deliveries.entries()) {
    const known = progress.get(position) ?? INITIAL;
    const state = stateOf(known, newer);
    if (known.state === 'p') pending += 1;
    add(queue, { row, position, destination, first: head.receivedAt, state, known });
  }
  return { pending, unreadable: 0 };
}

function stateOf(known: DeliveryProgress, newer: boolean): State {
  if (known.state === 'e') return STATES.ended;
  if (known.state === 'd') return STATES.dead;
  return newer ? STATES.held : STATES.due;
}

function add(
  queue: Queue,
  one: {
    readonly row: HeadRow;
    readonly position: number;
    readonly destination: string;
    readonly first: number;
    readonly state: State;
    readonly known: DeliveryProgress;
  },
): void {
  const lane = queue.lanes.opened(one.destination);
  const { seq } = one.row;
  const { attempts, unsettled, due } = one.known;
  const slot = queue.pool.add({
    seq,
    position: one.position,
    lane: lane.index,
    state: one.state,
    attempts,
    unsettled,
    first: one.first,
    due: due === 0 ? one.first : due,
  });
  if (one.state === STATES.due) lane.due.push(slot);
}
