// What earlier owners wrote into the journal, applied to local rows while a stream is folded from its beginning: afterwards the
// rows say what the last owner's would say after a crash.

import type { Rows } from '../rows.ts';
import type { RemovedRow } from './journal.ts';
import type { Change } from './message.ts';

export class Replay {
  readonly #rows: Rows;
  /** Attempts that had begun and whose end nobody wrote. */
  readonly #leases = new Map<number, string>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Inside a transaction. Answers which rows are gone by it. */
  apply(changes: readonly Change[]): readonly RemovedRow[] {
    const removed: RemovedRow[] = [];
    for (const change of changes) {
      switch (change[0]) {
        case 'progress':
          this.#rows.setProgress(change[1], change[2]);
          break;
        case 'remove': {
          const known = this.#rows.readHead(change[1]);
          if (known !== null) removed.push({ seq: change[1], head: known.head });
          this.#rows.remove(change[1]);
          break;
        }
        case 'lease':
          this.#leases.set(change[1], change[2]);
          break;
        case 'drop':
          this.#leases.delete(change[1]);
          break;
        case 'dropAll':
          this.#leases.clear();
          break;
        default:
          change satisfies never;
      }
    }
    return removed;
  }

  /** Leaves the begun attempts with the rows, as a process that died would have. */
  end(): void {
    this.#rows.transaction(() => {
      for (const text of this.#leases.values()) this.#rows.addLease(text);
    });
  }
}
