// Counts what was done to identifiers, from the remarks that tell of it: some thirty an event, half of which are of other things.
// A look-up for each and a row of numbers for each destination; a tally, which walks down three maps, gets the sums.

import { IDENTIFIERS, idPath, identifierName } from '../core/identifiers.ts';
import type { Remark } from '../core/treatment.ts';
import { TREATMENTS } from '../core/treatment.ts';

/** Where the numbers of an identifier begin in a row, by the path that remarks tell: one for each treatment. */
const PLACES: ReadonlyMap<string, number> = new Map(
  IDENTIFIERS.map((entry, index) => [idPath(identifierName(entry)), index * TREATMENTS.length]),
);

export class TreatedIdentifiers {
  readonly #rows = new Map<string, Float64Array>();
  readonly #take: (values: readonly string[], count: number) => void;

  /** `take` gets destination, identifier and treatment. */
  constructor(take: (values: readonly string[], count: number) => void) {
    this.#take = take;
  }

  add(destination: string, remarks: readonly Remark[]): void {
    const row = this.#rowOf(destination);
    for (const { path, treatment } of remarks) {
      const place = PLACES.get(path);
      if (place === undefined) continue;
      const at = place + TREATMENTS.indexOf(treatment);
      row[at] = (row[at] ?? 0) + 1;
    }
  }

  #rowOf(destination: string): Float64Array {
    let row = this.#rows.get(destination);
    if (row === undefined) {
      row = new Float64Array(IDENTIFIERS.length * TREATMENTS.length);
      this.#rows.set(destination, row);
    }
    return row;
  }

  /** Hands over what was counted since the last time. */
  flush(): void {
    for (const [destination, row] of this.#rows)
      for (const [index, entry] of IDENTIFIERS.entries())
        for (const [offset, treatment] of TREATMENTS.entries()) {
          const count = row[index * TREATMENTS.length + offset] ?? 0;
          if (count > 0) this.#take([destination, identifierName(entry), treatment], count);
        }
    this.#rows.clear(); // destinations come and go
  }
}
