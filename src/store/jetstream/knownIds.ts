// By which message ids the rows of a partition came, within the window in which a repetition has to be known, and at most so many:
// the oldest go first. What cannot be told for sure is not known, since an event had twice is better than one that is lost.

import { hash } from 'node:crypto';
import { DigestTable } from '../../core/digestTable.ts';

export interface KnownId {
  /** Stands for the id: 96 bits of its hash. */
  readonly mark: string;
  /** Of the row that came by it. */
  readonly seq: number;
  /** When a server took its message in, ms by that server's clock. */
  readonly at: number;
}

const MARK_CHARS = 16;
/** Few enough that a page is written anew several times a second: 5 KB as text. */
const PAGE_IDS = 128;
/** Numbers of pages start over here in places, which stay below 2^32; many more than there are at a time. */
const PAGES = 2 ** 24;

export const markOf = (id: string): string => hash('sha256', id, 'base64url').slice(0, MARK_CHARS);

export const isMark = (text: string): boolean => /^[\w-]{16}$/.test(text);

/** Ids in the order in which they came. */
interface Page {
  readonly marks: Buffer;
  readonly seqs: Float64Array;
  readonly ats: Float64Array;
  /** 1: the row has ended. */
  readonly ended: Uint8Array;
  count: number;
  newest: number;
}

export interface KnownIdsOptions {
  /** How long a repetition is known. */
  readonly windowMs: number;
  /** Ids to remember, some 70 bytes each. */
  readonly most: number;
}

export class KnownIds {
  readonly #options: KnownIdsOptions;
  /** Mark to place, from 1. */
  readonly #places = new DigestTable();
  readonly #changed = new Set<number>();
  #pages: Page[] = [];
  /** Number of the first page that is there. */
  #from = 0;
  /** Number of the first page of rows that were folded here. */
  #here = 0;

  constructor(options: KnownIdsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#places.size;
  }

  /** The row whose message had this id less than a window before; 0: there was none. */
  seqOf(mark: string, at: number): number {
    const place = this.#places.get(mark);
    if (place === 0) return 0;
    const number = Math.floor((place - 1) / PAGE_IDS);
    const page = this.#pages[(number - (this.#from % PAGES) + PAGES) % PAGES];
    const index = (place - 1) % PAGE_IDS;
    if (page === undefined || markAt(page, index) !== mark) return 0;
    return at - (page.ats[index] ?? -Infinity) < this.#options.windowMs ? (page.seqs[index] ?? 0) : 0;
  }

  /** One that is not known. */
  add({ mark, seq, at }: KnownId): void {
    this.#forget(at);
    const page = this.#open();
    const index = page.count;
    page.marks.write(mark, index * MARK_CHARS, MARK_CHARS, 'latin1');
    page.seqs[index] = seq;
    page.ats[index] = at;
    page.count += 1;
    page.newest = Math.max(page.newest, at);
    this.#places.set(mark, this.#placeOf(this.#pages.length - 1, index));
  }

  /** From here on ids are those of rows folded here, whose numbers rise. */
  beginRows(): void {
    this.#here = this.#from + this.#pages.length;
  }

  /** A row that was folded here has ended. */
  ended(seq: number): void {
    const number = this.#pageOf(seq);
    const page = this.#pages[number - this.#from];
    const index = page?.seqs.subarray(0, page.count).indexOf(seq) ?? -1;
    if (page === undefined || index === -1) return;
    page.ended[index] = 1;
    this.#changed.add(number);
  }

  /** Numbers of the pages in which rows have ended since they were asked for last. */
  takeChanged(): readonly number[] {
    const numbers = [...this.#changed];
    this.#changed.clear();
    return numbers;
  }

  /** For the next to ask. */
  putBack(numbers: readonly number[]): void {
    for (const number of numbers) this.#changed.add(number);
  }

  /** The ids of a page whose rows have ended; none once it is forgotten. */
  endedIn(number: number): readonly KnownId[] {
    const page = this.#pages[number - this.#from];
    if (page === undefined) return [];
    const ids: KnownId[] = [];
    for (let index = 0; index < page.count; index += 1)
      if (page.ended[index] === 1)
        ids.push({ mark: markAt(page, index), seq: page.seqs[index] ?? 0, at: page.ats[index] ?? 0 });
    return ids;
  }

  /** The last page of rows folded here that begins with this one or an earlier. */
  #pageOf(seq: number): number {
    let [low, high] = [Math.max(this.#here, this.#from), this.#from + this.#pages.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#pages[middle - this.#from]?.seqs[0] ?? Infinity) <= seq) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #open(): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.count < PAGE_IDS && this.#from + this.#pages.length > this.#here)
      return last;
    const page = {
      marks: Buffer.alloc(PAGE_IDS * MARK_CHARS),
      seqs: new Float64Array(PAGE_IDS),
      ats: new Float64Array(PAGE_IDS),
      ended: new Uint8Array(PAGE_IDS),
      count: 0,
      newest: -Infinity,
    };
    this.#pages.push(page);
    return page;
  }

  /** Pages go whole, once all in them are too old at this instant, or there are too many. */
  #forget(at: number): void {
    const { windowMs, most } = this.#options;
    for (let page = this.#pages[0]; page !== undefined && this.#pages.length > 1; page = this.#pages[0]) {
      const isOld = at - page.newest >= windowMs;
      if (!isOld && this.#pages.length * PAGE_IDS <= most) return;
      for (let index = 0; index < page.count; index += 1) {
        const mark = markAt(page, index);
        if (this.#places.get(mark) === this.#placeOf(0, index)) this.#places.set(mark, 0);
      }
      this.#pages.shift();
      this.#from += 1;
    }
  }

  #placeOf(page: number, index: number): number {
    return ((this.#from + page) % PAGES) * PAGE_IDS + index + 1;
  }
}

const markAt = ({ marks }: Page, index: number): string =>
  marks.toString('latin1', index * MARK_CHARS, (index + 1) * MARK_CHARS);
