// Keeps a partition's stream small: messages of rows that have ended go, several times a second. And because a row that stays (a dead
// letter, say) keeps everything behind it from being purged, the journal now and then says again how far the rows are that are
// still there, and what it said before goes.

import type { JetStreamManager } from '@nats-io/jetstream';
import type { Rows } from '../rows.ts';
import type { Journal } from './journal.ts';
import type { Change } from './message.ts';
import type { Recorder } from './recorder.ts';
import type { Removal } from './removal.ts';

const SWEEP_MS = 300;
/** Changes after which the journal is written anew, at the least; else four for each row that is still there. */
const CHANGES = 50_000;
const PAGE = 200;

export interface UpkeepPorts {
  readonly jsm: JetStreamManager;
  readonly stream: string;
  /** Subject of the journal. */
  readonly subject: string;
  readonly rows: Rows;
  readonly removal: Removal;
  readonly journal: Journal;
  readonly recorder: Recorder;
}

export class Upkeep {
  readonly #ports: UpkeepPorts;
  readonly #timer: NodeJS.Timeout;
  #running = false;

  constructor(ports: UpkeepPorts) {
    this.#ports = ports;
    this.#timer = setInterval(() => void this.#step(), SWEEP_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** What fails now is tried again at the next step. */
  async #step(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      const { removal, recorder } = this.#ports;
      await removal.sweep();
      if (recorder.changes > Math.max(CHANGES, 4 * removal.open)) await this.#compact();
    } catch {
      // A server that does not answer, or a partition that is gone.
    } finally {
      this.#running = false;
    }
  }

  async #compact(): Promise<void> {
    const { jsm, stream, subject, rows, removal, journal, recorder } = this.#ports;
    const from = recorder.last;
    recorder.changes = 0;
    // In one go, so that what is said of this moment is followed by what changes after it.
    for (const changes of stateOf(rows)) journal.push({ changes, logs: [], kept: () => undefined });
    await journal.flushed();
    // What ended by a record up to `from` is out of the stream then: nobody has to know any more that it ended.
    await removal.all(false);
    await jsm.streams.purge(stream, { filter: subject, seq: Math.min(from, recorder.told) + 1 });
  }
}

/** All that has to be known of the rows besides themselves; saying it twice changes nothing. */
function* stateOf(rows: Rows): Generator<readonly Change[]> {
  yield [['dropAll'], ...rows.leases().map(({ id, deliveries }): Change => ['lease', id, deliveries])];
  for (let after = 0; ;) {
    const page = rows.scan(after, PAGE);
    const changes = page.flatMap(({ seq, progress }): Change[] =>
      progress === null ? [] : [['progress', seq, progress]],
    );
    if (changes.length > 0) yield changes;
    if (page.length < PAGE) return;
    after = page.at(-1)?.seq ?? after;
  }
}
