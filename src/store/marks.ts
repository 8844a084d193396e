// Which events came in already: keyed digests of site and message id, for 24 hours and at most a million. Kept in memory and
// written beside each append as one sequential row, so that a restart still knows them and a commit stays cheap.

import { DigestTable } from '../core/digestTable.ts';
import type { Rows } from './rows.ts';
import { parse } from './shape.ts';
import type { Turn } from './turn.ts';

const KEEP_SECONDS = 24 * 3600;

/** What one append marked; its digests are read from its row when it goes. */
interface Group {
  readonly id: number;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly count: number;
}

export class Marks {
  readonly #rows: Rows;
  readonly #most: number;
  /** When each was marked, in seconds since the epoch. */
  readonly #known = new DigestTable();
  #groups: Group[] = [];
  /** Groups before this index are gone; the array is cut now and then. */
  #oldest = 0;

  constructor(rows: Rows, most = 1_000_000) {
    this.#rows = rows;
    this.#most = most;
    for (const row of rows.marks()) {
      const digests = parseDigests(row.digests);
      const at = seconds(row.at);
      for (const digest of digests) this.#known.set(digest, at);
      this.#groups.push({ id: row.id, at, count: digests.length });
    }
  }

  get size(): number {
    return this.#known.size;
  }

  /** Was it marked within the last 24 hours? `now` in wall clock ms. */
  has(digest: string, now: number): boolean {
    const at = this.#known.get(digest);
    return at !== 0 && seconds(now) - at < KEEP_SECONDS;
  }

  /** Marks new digests as of now and forgets what is too old or too much. Inside a transaction. */
  add(digests: readonly string[], now: number, turn: Turn): void {
    if (digests.length === 0) return;
    const at = seconds(now);
    const id = this.#rows.addMark(now, JSON.stringify(digests));
    const before = digests.map((digest) => this.#known.set(digest, at));
    turn.onFailure(() => digests.forEach((digest, index) => this.#known.set(digest, before[index] ?? 0)));
    const stale = this.#stale(at);
    const dropped = stale.map((group) => parseDigests(this.#rows.dropMark(group.id) ?? ''));
    turn.onCommit(() => {
      this.#groups.push({ id, at, count: digests.length });
      stale.forEach((group, index) => this.#forget(group, dropped[index] ?? []));
    });
  }

  /** Groups that may go, oldest first: few at a time, yet more than an append adds, so that no append pays for many. */
  #stale(at: number): readonly Group[] {
    const stale: Group[] = [];
    let size = this.#known.size;
    for (const group of this.#groups.slice(this.#oldest, this.#oldest + 8)) {
      if (size <= this.#most && at - group.at < KEEP_SECONDS) break;
      stale.push(group);
      size -= group.count;
    }
    return stale;
  }

  /** A group may be stale in two appends of one transaction; it goes once. */
  #forget({ id, at }: Group, digests: readonly string[]): void {
    for (const digest of digests) if (this.#known.get(digest) === at) this.#known.set(digest, 0);
    while ((this.#groups[this.#oldest]?.id ?? Infinity) <= id) this.#oldest += 1;
    if (this.#oldest < 1024) return;
    this.#groups = this.#groups.slice(this.#oldest);
    this.#oldest = 0;
  }
}

/** Never 0, which stands for absent. */
const seconds = (ms: number): number => Math.max(1, Math.floor(ms / 1000));

/** A row that cannot be read marks nothing: its events could be taken twice, under the same key at the vendor. */
function parseDigests(text: string): readonly string[] {
  const value = parse(text);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
