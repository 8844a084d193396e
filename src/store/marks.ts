// Which events came in already: keyed digests of site and message id, for 24 hours and at most a million. Kept in memory and
// written beside each append as one sequential row, so that a restart still knows them and a commit stays cheap.

import type { Rows } from './rows.ts';
import { parse } from './shape.ts';
import type { Turn } from './turn.ts';

const KEEP_MS = 24 * 3_600_000;

interface Group {
  readonly id: number;
  readonly at: number;
  readonly digests: readonly string[];
}

export class Marks {
  readonly #rows: Rows;
  readonly #most: number;
  readonly #known = new Map<string, number>();
  #groups: Group[] = [];
  /** Groups before this index are gone; the array is cut now and then. */
  #oldest = 0;

  constructor(rows: Rows, most = 1_000_000) {
    this.#rows = rows;
    this.#most = most;
    for (const row of rows.marks())
      this.#remember({ id: row.id, at: row.at, digests: parseDigests(row.digests) });
  }

  get size(): number {
    return this.#known.size;
  }

  /** Was it marked within the last 24 hours? */
  has(digest: string, now: number): boolean {
    const at = this.#known.get(digest);
    return at !== undefined && now - at < KEEP_MS;
  }

  /** Marks new digests as of now and forgets what is too old or too much. Inside a transaction. */
  add(digests: readonly string[], now: number, turn: Turn): void {
    if (digests.length === 0) return;
    const id = this.#rows.addMark(now, JSON.stringify(digests));
    const before = digests.map((digest) => [digest, this.#known.get(digest)] as const);
    for (const digest of digests) this.#known.set(digest, now);
    turn.onFailure(() => {
      for (const [digest, at] of before) {
        if (at === undefined) this.#known.delete(digest);
        else this.#known.set(digest, at);
      }
    });
    const stale = this.#stale(now);
    for (const group of stale) this.#rows.dropMark(group.id);
    turn.onCommit(() => {
      this.#groups.push({ id, at: now, digests });
      this.#forget(stale);
    });
  }

  /** Groups that may go, oldest first: few at a time, yet more than an append adds, so that no append pays for many. */
  #stale(now: number): readonly Group[] {
    const stale: Group[] = [];
    let size = this.#known.size;
    for (const group of this.#groups.slice(this.#oldest, this.#oldest + 8)) {
      if (size <= this.#most && now - group.at < KEEP_MS) break;
      stale.push(group);
      size -= group.digests.length;
    }
    return stale;
  }

  #forget(stale: readonly Group[]): void {
    for (const group of stale)
      for (const digest of group.digests)
        if (this.#known.get(digest) === group.at) this.#known.delete(digest);
    // A group may be stale in two appends of one transaction; it is counted once.
    const last = stale.at(-1)?.id ?? -1;
    while ((this.#groups[this.#oldest]?.id ?? Infinity) <= last) this.#oldest += 1;
    if (this.#oldest < 1024) return;
    this.#groups = this.#groups.slice(this.#oldest);
    this.#oldest = 0;
  }

  #remember(group: Group): void {
    this.#groups.push(group);
    for (const digest of group.digests) this.#known.set(digest, group.at);
  }
}

/** A row that cannot be read marks nothing: its events could be taken twice, under the same key at the vendor. */
function parseDigests(text: string): readonly string[] {
  const value = parse(text);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
