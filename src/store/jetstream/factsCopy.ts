// The local copy of all facts, as the watch tells them, and those who want to be told of changes. After a watch began anew, what
// it does not tell any more was deleted meanwhile. Time is counted in beats of this gateway, so clocks are never compared.

import type { Fact } from '../../core/ports.ts';

/** Heartbeats of all gateways, `{ beat: n }`; told with null when one has not been seen for a minute. */
export const GATEWAY = 'gateway/';

/** A minute at four beats a second. */
const GONE_BEATS = 240;
/** Fifteen minutes: far longer than a watch can lag without beginning anew. */
const MARKER_BEATS = 3_600;

interface Copied {
  readonly fact: Fact;
  /** Beat at which it was last told. */
  readonly beat: number;
}

export class FactsCopy {
  readonly #watchers = new Set<{ readonly prefix: string; readonly listener: (fact: Fact) => void }>();
  readonly #facts = new Map<string, Copied>();
  /** What is left of deleted facts in the bucket, so that every watch learns of it. */
  readonly #markers = new Map<string, Copied>();
  /** Keys told in the pass that runs; null once it has caught up. */
  #told: Set<string> | null = new Set();

  get complete(): boolean {
    return this.#told === null;
  }

  watch(prefix: string, listener: (fact: Fact) => void): () => void {
    const watcher = { prefix, listener };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  revisionOf(key: string): number | null {
    return this.#facts.get(key)?.fact.revision ?? null;
  }

  /** By key. */
  list(prefix: string): readonly Fact[] {
    const found: Fact[] = [];
    for (const { fact } of this.#facts.values()) if (fact.key.startsWith(prefix)) found.push(fact);
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Everything is told from the beginning. */
  begin(): void {
    this.#told = new Set();
  }

  /** What stands there cannot be read: what was known of the key stays known, as forgetting it could open what it closes. */
  keep(key: string): void {
    this.#told?.add(key);
  }

  learn(fact: Fact, beat: number): void {
    const { key, value, revision } = fact;
    this.#told?.add(key);
    const known = this.#facts.get(key);
    if (value === null) {
      if (this.#markers.get(key)?.fact.revision !== revision) this.#markers.set(key, { fact, beat });
    } else this.#markers.delete(key);
    if (known === undefined ? value === null : known.fact.revision >= revision) return;
    if (value === null) this.#facts.delete(key);
    else this.#facts.set(key, { fact, beat });
    this.#tell(fact);
  }

  /** All that was there when the pass began has been told. */
  caughtUp(): void {
    const told = this.#told;
    this.#told = null;
    if (told === null) return;
    for (const { fact } of this.#facts.values()) if (!told.has(fact.key)) this.#forget(fact);
    for (const key of this.#markers.keys()) if (!told.has(key)) this.#markers.delete(key);
  }

  /** Revisions that nobody needs any more: of gateways that are gone, and markers that every watch has passed. */
  tidy(beat: number, own: string): readonly number[] {
    const gone: number[] = [];
    for (const { fact, beat: at } of this.#facts.values()) {
      if (!fact.key.startsWith(GATEWAY) || fact.key === own || beat - at < GONE_BEATS) continue;
      this.#forget(fact);
      gone.push(fact.revision);
    }
    for (const { fact, beat: at } of this.#markers.values()) {
      if (beat - at < MARKER_BEATS) continue;
      this.#markers.delete(fact.key);
      gone.push(fact.revision);
    }
    return gone;
  }

  #forget(fact: Fact): void {
    this.#facts.delete(fact.key);
    this.#tell({ ...fact, value: null });
  }

  #tell(fact: Fact): void {
    for (const { prefix, listener } of this.#watchers) if (fact.key.startsWith(prefix)) listener(fact);
  }
}
