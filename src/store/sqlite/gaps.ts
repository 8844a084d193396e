// Zeroes what SQLite leaves in the unused middle of its pages: `secure_delete` overwrites what is removed where it lies, but not
// the copies that stay where a row lay before its page was rearranged. Layout: the documented file format, sqlite.org/fileformat2.

import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { GatewayError } from '../../core/errors.ts';

/** First bytes of the pages that hold rows or keys, each with the length of its header. */
const HEADER_BYTES: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: 8, 13: 8 };
/**
 * In a file of no more pages, all others begin with zero or one: the number of a page, or nothing. That is 275 GB with pages of
 * 8 KB; a larger store is refused rather than guessed at.
 */
const MOST_PAGES = 1 << 25;
const FILE_HEADER_BYTES = 100;
/** Read at once. */
const STEP_PAGES = 256;

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Between the list of a page's cells and the first of them; null for what is no such page in every respect. */
function gapOf(page: Buffer, isFirst: boolean): Gap | null {
  const at = isFirst ? FILE_HEADER_BYTES : 0;
  const header = HEADER_BYTES[page[at] ?? 0];
  if (header === undefined) return null;
  const cells = page.readUInt16BE(at + 3);
  const from = at + header + 2 * cells;
  const to = page.readUInt16BE(at + 5);
  if (from >= to || to > page.length) return null;
  for (let cell = at + header; cell < from; cell += 2) {
    const start = page.readUInt16BE(cell);
    if (start < to || start >= page.length) return null;
  }
  return { from, to };
}

/** As much as the largest page. */
const ZEROES = Buffer.alloc(65_536);

export class Gaps {
  readonly #path: string;
  readonly #pageBytes: number;
  #file: number | null = null;

  constructor(path: string, pageBytes: number) {
    this.#path = path;
    this.#pageBytes = pageBytes;
  }

  /**
   * Zeroes the gaps of some pages, from page `from` on (the first is 0), and answers where to go on, or null at the end. To be called
   * while the log is empty and SQLite holds no page in memory. Gaps mean nothing to SQLite, so a crash in between harms nothing.
   * Throws `store_unavailable` for a file too large to be read so.
   */
  zero(from: number): number | null {
    // Kept open until the store closes: closing any descriptor of the file drops the locks that SQLite holds in this process.
    const file = (this.#file ??= openSync(this.#path, 'r+'));
    if (fstatSync(file).size / this.#pageBytes >= MOST_PAGES)
      throw new GatewayError('store_unavailable', 'the store is too large for its erasures to be complete');
    const bytes = Buffer.alloc(STEP_PAGES * this.#pageBytes);
    const length = readSync(file, bytes, 0, bytes.length, from * this.#pageBytes);
    const pages = Math.floor(length / this.#pageBytes);
    let written = false;
    for (let index = 0; index < pages; index += 1) {
      const start = index * this.#pageBytes;
      const gap = gapOf(bytes.subarray(start, start + this.#pageBytes), from + index === 0);
      if (gap === null) continue;
      const zeroes = ZEROES.subarray(0, gap.to - gap.from);
      if (zeroes.equals(bytes.subarray(start + gap.from, start + gap.to))) continue;
      writeSync(file, zeroes, 0, zeroes.length, (from + index) * this.#pageBytes + gap.from);
      written = true;
    }
    if (written) fdatasyncSync(file);
    return pages < STEP_PAGES ? null : from + pages;
  }

  /** After SQLite has closed the file. */
  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}
