// How many open deliveries (pending or dead) each subject has. A collision of digests only makes a denial be remembered longer.

import { DigestTable } from '../core/digestTable.ts';

export class SubjectCounts {
  readonly #counts: DigestTable;

  constructor(capacity?: number) {
    this.#counts = new DigestTable(capacity);
  }

  /** Subjects that have anything open. */
  get size(): number {
    return this.#counts.size;
  }

  has(subject: string): boolean {
    return this.#counts.get(subject) > 0;
  }

  add(subject: string, count: number): void {
    if (count > 0) this.#counts.add(subject, count);
  }

  /** Takes off `count`; true if nothing is left open for this subject. */
  remove(subject: string, count: number): boolean {
    return this.#counts.add(subject, -count) === 0;
  }
}
