// Room for settling, withdrawing and erasing when the disk is full: a file of ballast beside the store, given up when space
// runs out and laid down again, before anything more is taken in, when there is space.

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { GatewayError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { isNoSpace } from './failures.ts';

/** How long a full disk is believed to stay full. */
const LOOK_AGAIN_MS = 1000;
const BLOCK = 64 * 1024;

export class Reserve {
  readonly #path: string;
  readonly #bytes: number;
  readonly #clock: Clock;
  #laid = false;
  #triedAt = -Infinity;

  constructor(path: string, bytes: number, clock: Clock) {
    this.#path = path;
    this.#bytes = bytes;
    this.#clock = clock;
    this.#laid = statSync(path, { throwIfNoEntry: false })?.size === bytes || this.#lay();
  }

  /** Throws `store_full` while the reserve cannot be laid down. */
  admit(): void {
    if (this.#laid) return;
    const now = this.#clock.monotonic();
    if (now - this.#triedAt >= LOOK_AGAIN_MS) {
      this.#triedAt = now;
      this.#laid = this.#lay();
    }
    if (!this.#laid)
      throw new GatewayError('store_full', 'the disk is full; try again later', { retryAfter: 30 });
  }

  /** Gives the ballast up; true if there was any. */
  giveUp(): boolean {
    const had = this.#laid;
    this.#laid = false;
    this.#triedAt = this.#clock.monotonic();
    this.#cut();
    return had;
  }

  #lay(): boolean {
    // Asked first, so that a full disk is not written to the brim every second.
    const { bavail, bsize } = statfsSync(dirname(this.#path));
    if (bavail * bsize < this.#bytes) return false;
    const file = openSync(this.#path, 'w', 0o600);
    try {
      // Noise, because file systems do not keep zeros.
      const block = randomBytes(BLOCK);
      for (let written = 0; written < this.#bytes;)
        written += writeSync(file, block, 0, Math.min(BLOCK, this.#bytes - written));
      fdatasyncSync(file);
      return true;
    } catch (error) {
      if (!isNoSpace(error)) throw error;
      ftruncateSync(file, 0);
      return false;
    } finally {
      closeSync(file);
    }
  }

  #cut(): void {
    if (!existsSync(this.#path)) return;
    const file = openSync(this.#path, 'r+');
    try {
      ftruncateSync(file, 0);
    } finally {
      closeSync(file);
    }
  }
}
