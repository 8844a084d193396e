// Composes TC strings bit by bit, well-formed or not, so that tests can say exactly what stands where.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export class BitWriter {
  #bits = '';

  int(value: number, width: number): this {
    this.#bits += value.toString(2).padStart(width, '0').slice(-width);
    return this;
  }

  /** Bit field with these ids set, counted from 1. */
  field(ids: readonly number[], width: number): this {
    const bits = Array.from({ length: width }, () => '0');
    for (const id of ids) bits[id - 1] = '1';
    this.#bits += bits.join('');
    return this;
  }

  text(): string {
    const padded = this.#bits.padEnd(Math.ceil(this.#bits.length / 6) * 6, '0');
    let text = '';
    for (let index = 0; index < padded.length; index += 6)
      text += ALPHABET[Number.parseInt(padded.slice(index, index + 6), 2)] ?? '';
    return text;
  }
}

export type Range = readonly [start: number, end: number];

/** Vendors as a bit field up to `maxId`, or as ranges. */
export type Vendors =
  | { readonly kind: 'bits'; readonly maxId: number; readonly ids: readonly number[] }
  | { readonly kind: 'ranges'; readonly maxId: number; readonly ranges: readonly Range[] };

export interface Composed {
  readonly created: number;
  readonly lastUpdated: number;
  readonly cmpId: number;
  readonly policyVersion: number;
  readonly serviceSpecific: boolean;
  readonly specialFeatures: readonly number[];
  readonly consents: readonly number[];
  readonly interests: readonly number[];
  readonly oneTreatment: boolean;
  readonly vendorConsents: Vendors;
  readonly vendorInterests: Vendors;
  readonly restrictions: readonly {
    readonly purpose: number;
    readonly type: number;
    readonly ranges: readonly Range[];
  }[];
  readonly disclosed: Vendors | null;
}

export const NOBODY: Vendors = { kind: 'bits', maxId: 0, ids: [] };

export const composed = (over: Partial<Composed> = {}): Composed => ({
  created: Date.parse('2026-10-01T00:00:00Z'),
  lastUpdated: Date.parse('2026-10-01T00:00:00Z'),
  cmpId: 300,
  policyVersion: 5,
  serviceSpecific: true,
  specialFeatures: [],
  consents: [1, 2, 7, 8, 9],
  interests: [],
  oneTreatment: false,
  vendorConsents: { kind: 'ranges', maxId: 755, ranges: [[755, 755]] },
  vendorInterests: NOBODY,
  restrictions: [],
  disclosed: { kind: 'ranges', maxId: 755, ranges: [[755, 755]] },
  ...over,
});

export function writeRanges(bits: BitWriter, ranges: readonly Range[]): void {
  bits.int(ranges.length, 12);
  for (const [start, end] of ranges) {
    bits.int(start === end ? 0 : 1, 1).int(start, 16);
    if (start !== end) bits.int(end, 16);
  }
}

function writeVendors(bits: BitWriter, vendors: Vendors): void {
  bits.int(vendors.maxId, 16).int(vendors.kind === 'bits' ? 0 : 1, 1);
  if (vendors.kind === 'bits') bits.field(vendors.ids, vendors.maxId);
  else writeRanges(bits, vendors.ranges);
}

export function coreOf(model: Composed): string {
  const bits = new BitWriter()
    .int(2, 6)
    .int(model.created / 100, 36)
    .int(model.lastUpdated / 100, 36)
    .int(model.cmpId, 12)
    .int(1, 12)
    .int(1, 6)
    .int(4, 6)
    .int(13, 6)
    .int(178, 12)
    .int(model.policyVersion, 6)
    .int(model.serviceSpecific ? 1 : 0, 1)
    .int(0, 1)
    .field(model.specialFeatures, 12)
    .field(model.consents, 24)
    .field(model.interests, 24)
    .int(model.oneTreatment ? 1 : 0, 1)
    .int(3, 6)
    .int(4, 6);
  writeVendors(bits, model.vendorConsents);
  writeVendors(bits, model.vendorInterests);
  bits.int(model.restrictions.length, 12);
  for (const { purpose, type, ranges } of model.restrictions) {
    bits.int(purpose, 6).int(type, 2);
    writeRanges(bits, ranges);
  }
  return bits.text();
}

export function disclosedOf(vendors: Vendors): string {
  const bits = new BitWriter().int(1, 3);
  writeVendors(bits, vendors);
  return bits.text();
}

export const compose = (model: Composed): string =>
  model.disclosed === null ? coreOf(model) : `${coreOf(model)}.${disclosedOf(model.disclosed)}`;
