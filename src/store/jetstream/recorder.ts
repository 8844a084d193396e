// Writes the records of one ownership into the journal of its partition, each after the one before and after nobody else's. Its
// first two records take the journal over: whoever wrote it before is refused from then on.

import { randomUUID } from 'node:crypto';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import { asUnavailable } from './connection.ts';
import type { Batch } from './journal.ts';
import { decodeRecord, encodeRecord } from './message.ts';
import { Fenced, publish } from './publish.ts';
import type { Names } from './streams.ts';

/** Until the fate of a record is known; then the partition is folded anew. */
const RECORD_MS = 10_000;
/** The owner before may write a few more while it is taken over. */
const MOST_TRIES = 20;

export interface RecorderPorts {
  readonly n: number;
  readonly names: Names;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
}

export class Recorder {
  /** Names this ownership: each has an id of its own. */
  readonly epoch = randomUUID();
  /** Everything up to here is in the ledger. */
  told = 0;
  /** Written since the journal was written anew. */
  changes = 0;
  readonly #ports: RecorderPorts;
  #number = 0;
  #last = 0;

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  /** Sequence number of the journal's last record: ours. */
  get last(): number {
    return this.#last;
  }

  async takeOver(): Promise<void> {
    const { jsm, names, n } = this.#ports;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const last = await jsm.streams.getMessage(names.spool(n), { last_by_subj: names.journal(n) });
        this.#last = last?.seq ?? 0;
        this.told = Math.max(this.told, last === null ? 0 : (decodeRecord(last.string())?.told ?? 0));
        await this.write({ changes: [], logs: [] });
        // What the owner before had under way when the first was applied stands before the second: see `write`.
        await this.write({ changes: [], logs: [] });
        return;
      } catch (error) {
        if (!(error instanceof Fenced) || attempt === MOST_TRIES) throw asUnavailable(error);
      }
    }
  }

  /**
   * Throws `Fenced` when somebody else has written since. On three replicas of 2.9 the leader compares the expected last sequence with
   * what is applied, so what is under way at the same moment is let through as well (test/store/natsServer.long.ts). Hence an owner
   * folds up to its second record: once the first is applied nothing of the owner before is let through any more, and what was is
   * ordered before the second. Message ids would do too, but each would be remembered for the window of the events beside it.
   */
  async write(batch: Batch): Promise<void> {
    const { js, names, n } = this.#ports;
    this.#number += 1;
    this.changes += batch.changes.length;
    const { epoch, told } = this;
    const payload = encodeRecord({ ...batch, epoch, number: this.#number, told });
    const after = this.#last;
    try {
      const { seq } = await publish(js, { subject: names.journal(n), payload, after }, RECORD_MS);
      this.#last = seq;
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      // An earlier try whose answer was lost may have been kept.
      const kept = await this.#kept();
      if (kept === null) throw error;
      this.#last = kept;
    }
  }

  /** Sequence number of the journal's last record if it is the one written last here. */
  async #kept(): Promise<number | null> {
    const { jsm, names, n } = this.#ports;
    const found = await jsm.streams.getMessage(names.spool(n), { last_by_subj: names.journal(n) });
    const record = found === null ? null : decodeRecord(found.string());
    return record?.epoch === this.epoch && record.number === this.#number ? (found?.seq ?? null) : null;
  }
}
