// Durations on their way into a histogram: kept as they come and handed over many at a time, since a histogram takes some
// microseconds cold for each, and a tenth of that in a row.

const MOST = 256;

export class Samples {
  readonly #labels: string[] = [];
  readonly #values: number[] = [];
  readonly #take: (label: string, value: number) => void;

  constructor(take: (label: string, value: number) => void) {
    this.#take = take;
  }

  add(label: string, value: number): void {
    this.#labels.push(label);
    if (this.#values.push(value) === MOST) this.flush();
  }

  /** Hands over what came since the last time. */
  flush(): void {
    const values = this.#values.splice(0);
    const labels = this.#labels.splice(0);
    for (const [index, value] of values.entries()) this.#take(labels[index] ?? '', value);
  }
}
