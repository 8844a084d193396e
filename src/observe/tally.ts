// Counts by labels, cheap enough for every event: a walk down nested maps to a number, no string joined, no label object.
// A label value that its closed list does not have is counted as `other`, so traffic can never add a series.

/** Is this value one of the closed list? Asked only for values not seen before. */
export type Guard = (value: string) => boolean;

interface Node {
  readonly below: Map<string, Node>;
  count: number;
}

const node = (): Node => ({ below: new Map(), count: 0 });

export const OTHER = 'other';
export const guarded = (value: string, guard: Guard | undefined): string =>
  guard?.(value) === true ? value : OTHER;

export class Tally {
  readonly #root = node();
  readonly #guards: readonly Guard[];

  constructor(guards: readonly Guard[]) {
    this.#guards = guards;
  }

  /** One value per guard, in the same order. */
  add(values: readonly string[], count: number): void {
    let at: Node | undefined = this.#root;
    for (let depth = 0; at !== undefined && depth < values.length; depth++)
      at = at.below.get(values[depth] ?? '');
    (at ?? this.#checked(values)).count += count;
  }

  #checked(values: readonly string[]): Node {
    let at = this.#root;
    values.forEach((value, depth) => {
      const name = guarded(value, this.#guards[depth]);
      let next = at.below.get(name);
      if (next === undefined) at.below.set(name, (next = node()));
      at = next;
    });
    return at;
  }

  /** Hands over what was counted since the last time. */
  drain(take: (values: readonly string[], count: number) => void): void {
    const visit = (at: Node, values: readonly string[]): void => {
      if (at.count > 0) {
        take(values, at.count);
        at.count = 0;
      }
      for (const [name, below] of at.below) visit(below, [...values, name]);
    };
    visit(this.#root, []);
  }
}
