// A set of vendor ids as TCF encodes it, bit field or ranges. It answers for one id; it never holds ids one by one, because
// 51 characters can name 65,535 of them.

import type { BitReader } from './sextets.ts';
import { bitAt } from './sextets.ts';

export type VendorSet =
  | {
      readonly kind: 'bits';
      readonly maxId: number;
      readonly sextets: Uint8Array;
      /** Where vendor 1 stands. */
      readonly offset: number;
    }
  | {
      readonly kind: 'ranges';
      /** Start and end of each range in turn, ascending, inclusive, disjoint. */
      readonly bounds: Uint16Array;
    };

/** Highest id that 16 bits can name. */
const MAX_ID = 65_535;

export function hasVendor(set: VendorSet, id: number): boolean {
  if (set.kind === 'bits') return id >= 1 && id <= set.maxId && bitAt(set.sextets, set.offset + id - 1);
  let low = 0;
  let high = set.bounds.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (id < (set.bounds[2 * middle] ?? 0)) high = middle - 1;
    else if (id > (set.bounds[2 * middle + 1] ?? 0)) low = middle + 1;
    else return true;
  }
  return false;
}

/** Range entries, ascending and disjoint and none above `maxId`; null otherwise. */
export function readRanges(bits: BitReader, maxId: number = MAX_ID): VendorSet | null {
  const count = bits.int(12);
  // an entry has 17 bits or more: refused before anything is allocated for it
  if (count * 17 > bits.left) return null;
  const bounds = new Uint16Array(2 * count);
  let last = 0;
  for (let index = 0; index < count; index += 1) {
    const isRange = bits.bool();
    const start = bits.int(16);
    const end = isRange ? bits.int(16) : start;
    if (bits.overrun || start <= last || end < start || end > maxId) return null;
    bounds[2 * index] = start;
    bounds[2 * index + 1] = end;
    last = end;
  }
  return bits.overrun ? null : { kind: 'ranges', bounds };
}

/** A vendor section: highest id, then a bit field or ranges. */
export function readVendorSet(bits: BitReader): VendorSet | null {
  const maxId = bits.int(16);
  if (bits.bool()) return readRanges(bits, maxId);
  const set = { kind: 'bits', maxId, sextets: bits.sextets, offset: bits.position } as const;
  bits.skip(maxId);
  return bits.overrun ? null : set;
}
