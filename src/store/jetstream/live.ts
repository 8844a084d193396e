// The rows of a partition that has been folded, at work: the same owner, groups and store as over a file, with every change told.

import type { Clock, Log } from '../../core/ports.ts';
import { EmbeddedStore } from '../embedded.ts';
import { ENDLESS, Groups } from '../grouped.ts';
import { decodeHead } from '../head.ts';
import { addRow, markUnreadable } from '../load.ts';
import { Owner } from '../owner.ts';
import type { HeadRow } from '../rows.ts';
import { asFailure } from '../sqlite/failures.ts';
import type { SqliteRows } from '../sqlite/rows.ts';
import type { Changes } from './journal.ts';
import { JournalledRows } from './journal.ts';

export interface LivePorts {
  readonly rows: SqliteRows;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: (changes: Changes) => void;
}

export class LiveRows {
  readonly owner: Owner;
  readonly rows: JournalledRows;
  readonly store: EmbeddedStore;
  readonly #clock: Clock;

  constructor({ rows, clock, log, changed }: LivePorts) {
    this.#clock = clock;
    this.rows = new JournalledRows(rows, changed);
    this.owner = new Owner(this.rows, { clock, log });
    this.store = new EmbeddedStore(
      this.owner,
      new Groups({ rows: this.rows, space: ENDLESS, asFailure }, clock),
    );
  }

  /** Queues rows that came in. Answers for which destinations. */
  queue(added: readonly HeadRow[]): ReadonlySet<string> {
    const due = new Set<string>();
    const now = this.#clock.now();
    for (const row of added) {
      addRow(this.owner.queue, row, () => markUnreadable(this.rows, row, now));
      for (const [, , destination] of decodeHead(row.head)?.deliveries ?? []) due.add(destination);
    }
    return due;
  }
}
