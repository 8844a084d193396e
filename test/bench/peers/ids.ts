// The unique id in each event: a mark that occurs nowhere else and twelve letters, of which the first four say in which run of the
// load it was sent and the others its number there. Letters, because gateways take long numbers for personal data.

export const MARK = 'zqvmark';
const LETTERS = 12;
const RUN_LETTERS = 4;
const A = 'a'.charCodeAt(0);

/** Decimal digits as letters: `a` for 0 to `j` for 9. */
const letters = (value: number, width: number): string =>
  String(value)
    .padStart(width, '0')
    .replace(/\d/g, (digit) => String.fromCharCode(A + Number(digit)));

export const idOf = (run: number, number: number): string =>
  letters(run, RUN_LETTERS) + letters(number, LETTERS - RUN_LETTERS);

/** NaN where something else stands. */
function valueAt(bytes: Buffer, from: number, width: number): number {
  let value = 0;
  for (let at = from; at < from + width; at += 1) {
    const digit = (bytes[at] ?? 0) - A;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Calls `seen` for every id in a body. */
export function idsIn(bytes: Buffer, seen: (run: number, number: number) => void): void {
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    const from = at + MARK.length;
    const run = valueAt(bytes, from, RUN_LETTERS);
    const number = valueAt(bytes, from + RUN_LETTERS, LETTERS - RUN_LETTERS);
    if (!Number.isNaN(run + number)) seen(run, number);
  }
}

/** How often each number was seen, in a list that grows. */
export class Counts {
  #counts = new Uint8Array(1 << 14);
  #distinct = 0;

  get distinct(): number {
    return this.#distinct;
  }

  add(number: number): void {
    if (number >= this.#counts.length) {
      const grown = new Uint8Array(1 << Math.ceil(Math.log2(number + 1)));
      grown.set(this.#counts);
      this.#counts = grown;
    }
    const before = this.#counts[number] ?? 0;
    if (before === 0) this.#distinct += 1;
    if (before < 255) this.#counts[number] = before + 1;
  }

  /** By number; 0 beyond its end. */
  list(): Uint8Array {
    return this.#counts;
  }
}
