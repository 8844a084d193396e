// Base64url text as a run of bits, read from the most significant end. Reading past the end yields zeros and marks the reader
// as overrun, so that a parser checks once instead of at every field.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Value of each ASCII character in the base64url alphabet; 255 where it has none. */
const VALUES = new Uint8Array(128).fill(255);
for (let value = 0; value < ALPHABET.length; value += 1) VALUES[ALPHABET.charCodeAt(value)] = value;

/** One byte for every six bits; null if a character is not of the alphabet. */
export function sextetsOf(text: string): Uint8Array | null {
  const sextets = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const value = code < 128 ? (VALUES[code] ?? 255) : 255;
    if (value === 255) return null;
    sextets[index] = value;
  }
  return sextets;
}

export const bitAt = (sextets: Uint8Array, index: number): boolean =>
  (((sextets[Math.trunc(index / 6)] ?? 0) >> (5 - (index % 6))) & 1) === 1;

export class BitReader {
  readonly sextets: Uint8Array;
  /** Bits read so far. */
  position = 0;
  /** Has anything been read past the end? */
  overrun = false;
  /** How many reads this took: what a bound on the work is tested by. */
  steps = 0;

  constructor(sextets: Uint8Array) {
    this.sextets = sextets;
  }

  get left(): number {
    return this.sextets.length * 6 - this.position;
  }

  /** An unsigned integer of up to 36 bits. Built by multiplication, because bit operators stop at 32. */
  int(width: number): number {
    this.steps += 1;
    if (width > this.left) {
      this.overrun = true;
      this.position = this.sextets.length * 6;
      return 0;
    }
    let value = 0;
    let missing = width;
    while (missing > 0) {
      const used = this.position % 6;
      const take = Math.min(6 - used, missing);
      const sextet = this.sextets[Math.trunc(this.position / 6)] ?? 0;
      value = value * (1 << take) + ((sextet >> (6 - used - take)) & ((1 << take) - 1));
      this.position += take;
      missing -= take;
    }
    return value;
  }

  bool(): boolean {
    return this.int(1) === 1;
  }

  skip(width: number): void {
    this.steps += 1;
    if (width > this.left) this.overrun = true;
    this.position = Math.min(this.position + width, this.sextets.length * 6);
  }

  /** Is everything after the last field zero? Then nothing hides there. */
  restIsZero(): boolean {
    while (this.position % 6 !== 0) if (this.bool()) return false;
    for (let index = this.position / 6; index < this.sextets.length; index += 1) {
      this.steps += 1;
      if (this.sextets[index] !== 0) return false;
    }
    return true;
  }
}
