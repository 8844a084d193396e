// Room for settling, withdrawing and erasing when the disk is full: a file of ballast beside the store, given up when space
// runs out and laid down again, before anything more is taken in, when there is space. A store that filled the disk by itself
// and was emptied since has its room inside: its file does not shrink, so ballast might never fit again.

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

export interface ReserveOptions {
  readonly path: string;
  readonly bytes: number;
  readonly clock: Clock;
  /** Bytes of the store's own file that hold nothing any more. */
  readonly roomInside: () => number;
}

export class Reserve {
  readonly #options: ReserveOptions;
  #laid = false;
  /** Space ran out, and it is not time yet to look again. */
  #spent = false;
  #triedAt = -Infinity;

  constructor(options: ReserveOptions) {
    this.#options = options;
    const { path, bytes } = options;
    this.#laid = statSync(path, { throwIfNoEntry: false })?.size === bytes || this.#lay();
  }

  /** Throws `store_full` while the reserve can neither be laid down nor be had inside the store. */
  admit(): void {
    if (this.#laid) return;
    const { clock, bytes, roomInside } = this.#options;
    const now = clock.monotonic();
    if (now - this.#triedAt >= LOOK_AGAIN_MS) {
      this.#triedAt = now;
      this.#laid = this.#lay();
      this.#spent = false;
    }
    if (this.#laid || (!this.#spent && roomInside() >= bytes)) return;
    throw new GatewayError('store_full', 'the disk is full; try again later', { retryAfter: 30 });
  }

  /** Gives the ballast up; true if there was any. */
  giveUp(): boolean {
    const had = this.#laid;
    this.#laid = false;
    this.#spent = true;
    this.#triedAt = this.#options.clock.monotonic();
    this.#cut();
    return had;
  }

  #lay(): boolean {
    const { path, bytes } = this.#options;
    // What is left of one of another size is no reserve, and takes its place.
    this.#cut();
    // Asked first, so that a full disk is not written to the brim every second.
    const { bavail, bsize } = statfsSync(dirname(path));
    if (bavail * bsize < bytes) return false;
    const file = openSync(path, 'w', 0o600);
    try {
      // Noise, because file systems do not keep zeros.
      const block = randomBytes(BLOCK);
      for (let written = 0; written < bytes;)
        written += writeSync(file, block, 0, Math.min(BLOCK, bytes - written));
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
    const { path } = this.#options;
    if (!existsSync(path)) return;
    const file = openSync(path, 'r+');
    try {
      ftruncateSync(file, 0);
    } finally {
      closeSync(file);
    }
  }
}
