// What people said since, as judging needs it: objections and denials by keyed digest of a person's ids. A thread that judges
// without owning the store holds a copy, which is told of every change in order.

import type { SaidSince } from '../core/decision.ts';
import { NOTHING_SAID } from '../core/decision.ts';

/** Destinations, each with the instant of the latest denial. */
export type DeniedAt = Readonly<Record<string, number>>;

/** What holds of a subject from now on; null: nothing any more. */
export type Change =
  | { readonly subject: string; readonly denied: DeniedAt | null }
  | { readonly subject: string; readonly objected: readonly string[] | null };

export class Said {
  readonly #denied = new Map<string, DeniedAt>();
  readonly #objected = new Map<string, readonly string[]>();
  readonly #listeners = new Set<(change: Change) => void>();

  /** Subjects of which a denial is kept. */
  get denied(): ReadonlyMap<string, DeniedAt> {
    return this.#denied;
  }

  learn(change: Change): void {
    const { subject } = change;
    if ('denied' in change) put(this.#denied, subject, change.denied);
    else put(this.#objected, subject, change.objected);
    for (const listener of this.#listeners) listener(change);
  }

  /** Calls `listener` with every change from now on; returns a stop function. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All that holds now, as changes to a copy that knows nothing. */
  all(): readonly Change[] {
    return [
      ...[...this.#denied].map(([subject, denied]) => ({ subject, denied })),
      ...[...this.#objected].map(([subject, objected]) => ({ subject, objected })),
    ];
  }

  /** All that any of these subjects said, strictest: every objection, the latest denial of each destination. */
  standingOf(subjects: readonly string[]): SaidSince {
    if (this.#denied.size === 0 && this.#objected.size === 0) return NOTHING_SAID;
    const objections = new Set<string>();
    const deniedAt = new Map<string, number>();
    for (const subject of subjects) {
      for (const purpose of this.#objected.get(subject) ?? []) objections.add(purpose);
      for (const [name, at] of Object.entries(this.#denied.get(subject) ?? {}))
        deniedAt.set(name, Math.max(at, deniedAt.get(name) ?? at));
    }
    return { objections: [...objections], deniedAt: Object.fromEntries(deniedAt) };
  }
}

function put<T>(map: Map<string, T>, subject: string, value: T | null): void {
  if (value === null) map.delete(subject);
  else map.set(subject, value);
}
