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
const PAGE_IDS = 128;
/** Numbers of pages start over here in places, which stay below 2^32; many more than there are at a time. */
const PAGES = 2 ** 24;

export const markOf = (id: string): string => hash('sha256', id, 'base64url').slice(0, MARK_CHARS);

/** Ids in the order in which they came. */
interface Page {
  readonly marks: Buffer;
  readonly seqs: Float64Array;
  readonly ats: Float64Array;
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
  #pages: Page[] = [];
  /** Number of the first page that is there. */
  #from = 0;

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

  #open(): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && last.count < PAGE_IDS) return last;
    const page = {
      marks: Buffer.alloc(PAGE_IDS * MARK_CHARS),
      seqs: new Float64Array(PAGE_IDS),
      ats: new Float64Array(PAGE_IDS),
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
