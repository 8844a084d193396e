// What some values come to: every form in which one of them could stand elsewhere, each once.

import type { Needle } from './forms.ts';
import { MIN_SUBSTRING, NUMERIC, formsOf } from './forms.ts';

/** Says nothing alone, so a page may hold the word by chance. */
const COMMON_WORDS: ReadonlySet<string> = new Set(['person.gender']);
/** Places shorter than this are codes of countries and regions. */
const SHORTEST_PLACE = 4;
const PLACES: ReadonlySet<string> = new Set(['person.city', 'person.region']);

const saysNothing = (source: string, value: string): boolean =>
  COMMON_WORDS.has(source) || (PLACES.has(source) && value.trim().length < SHORTEST_PLACE);

const FEW = 40;

/** A later value adds what is new. */
export class Collection {
  readonly words: Needle[] = [];
  readonly short: Needle[] = [];
  /** The values themselves. */
  readonly raw: string[] = [];
  readonly phones: Set<string>;
  shortest = Infinity;
  readonly #before: Collection | null;
  #seen: Set<string> | null = null;

  /** What `before` has is new no more, and not here; only phones are shared with it, so none may be added. */
  constructor(before: Collection | null = null) {
    this.phones = before?.phones ?? new Set();
    this.#before = before;
  }

  add(source: string, value: string): void {
    if (saysNothing(source, value)) return;
    const forms = formsOf(value, source);
    if (forms.length > 0) this.raw.push(value);
    for (const needle of forms) this.#take(needle);
    if (source === 'person.phone') this.#addDigits(source, value);
  }

  #addDigits(source: string, value: string): void {
    const digits = value.replace(/\D/g, '');
    if (digits.length < 8) return;
    this.phones.add(digits.slice(-8));
    this.#take({ value: digits, source, whole: true });
  }

  #take(needle: Needle): void {
    const { value, whole } = needle;
    if (this.#has(value)) return;
    this.#seen?.add(value);
    if (whole && value.length < MIN_SUBSTRING && (value.length < 2 || NUMERIC.test(value))) {
      this.short.push(needle);
      return;
    }
    this.words.push(needle);
    if (value.length < this.shortest) this.shortest = value.length;
  }

  /** An honest event has some twenty: looking through them costs less than keeping a table. */
  #has(value: string): boolean {
    if (this.#before !== null && this.#before.#has(value)) return true;
    const { words, short } = this;
    if (words.length + short.length > FEW) {
      this.#seen ??= new Set([...words, ...short].map((needle) => needle.value));
      return this.#seen.has(value);
    }
    for (const needle of words) if (needle.value === value) return true;
    for (const needle of short) if (needle.value === value) return true;
    return false;
  }
}
