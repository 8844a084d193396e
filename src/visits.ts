// The page visits that are being recorded, and those that were refused: in memory only, bounded, by keyed digests whose key dies with
// the process. What is pushed out or idle for too long is forgotten: its next upload is judged anew and cleaned as one of a visit
// that nobody knows, which masks all that it cannot place.

import { LRUCache } from 'lru-cache';
import type { Clock } from './core/ports.ts';
import { MacKey } from './identity/mac.ts';
import type { VisitTerms } from './recordingPipeline.ts';

/** A visit that is recorded. */
export interface Visit extends VisitTerms {
  /** Where it goes; a vendor does not get the rest of what another began to get. */
  readonly destination: string;
  /** Every upload up to this one was cleaned by its memory; Infinity: it never knew them all, and need not. */
  readonly upTo: number;
}

export interface VisitLimits {
  readonly visits: number;
  readonly bytes: number;
}

/**
 * A page of 2,000 nodes is to take under 100 KB, most pages take a third of that, and visits last minutes: 128 MB hold some 1,300 of
 * the largest at once, of which those least recently heard of go first. The number bounds what small ones cost besides.
 */
export const VISIT_LIMITS: VisitLimits = { visits: 20_000, bytes: 128 * 1024 * 1024 };

/** The recorder's own longest page visit. */
const IDLE_MS = 2 * 3_600_000;
/** What an entry takes besides its memory. */
const ENTRY_BYTES = 512;
/** Looking through all for those that are idle takes some milliseconds. */
const SWEEP_EVERY_MS = 60_000;
const KEY_CHARS = 22; // 132 bits

// Lengths keep `a, bc` and `ab, c` apart.
const part = (text: string): string => `${text.length}:${text}`;

export class Visits {
  readonly #key: MacKey;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #held: LRUCache<string, Visit>;
  /** Apart, so that a flood of refused visits does not push out those that are recorded. */
  readonly #refused: LRUCache<string, true>;
  /** Sessions in which something was typed. */
  readonly #typed: LRUCache<string, true>;
  #sweptAt: number;

  /** `key`: 32 random bytes. */
  constructor(key: Uint8Array, clock: Pick<Clock, 'monotonic'>, limits = VISIT_LIMITS) {
    this.#key = new MacKey(key);
    this.#clock = clock;
    this.#sweptAt = clock.monotonic();
    const perf = { now: () => clock.monotonic() };
    const idle = { ttl: IDLE_MS, updateAgeOnGet: true, ttlResolution: 0, perf };
    this.#held = new LRUCache({ ...idle, max: limits.visits, maxSize: limits.bytes });
    this.#refused = new LRUCache({ ...idle, max: limits.visits });
    this.#typed = new LRUCache({ ...idle, max: limits.visits });
  }

  /** `name`: that of a visit or of a session. */
  keyOf(site: string, format: string, name: string): string {
    return this.#key.of(`${part(site)}${part(format)}${name}`, 'base64url').slice(0, KEY_CHARS);
  }

  /** Was something typed in this session? */
  isTyped(session: string): boolean {
    return this.#typed.get(session) === true;
  }

  typed(session: string): void {
    this.#typed.set(session, true);
  }

  isRefused(key: string): boolean {
    return this.#refused.get(key) === true;
  }

  get(key: string): Visit | undefined {
    return this.#held.get(key);
  }

  /** Weighs it anew: cleaning an upload changes its memory. One that is larger than all may be is not kept. */
  keep(key: string, visit: Visit): void {
    this.#sweep();
    this.#held.set(key, visit, { size: Math.ceil(visit.memory.bytes) + ENTRY_BYTES });
  }

  /** From now on nothing of this visit is recorded, whatever its visitor says. */
  refuse(key: string): void {
    this.#sweep();
    this.#held.delete(key);
    this.#refused.set(key, true);
  }

  /** It is over. */
  forget(key: string): void {
    this.#held.delete(key);
  }

  /** Of those that are recorded. */
  get count(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#held.calculatedSize;
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    this.#held.purgeStale();
    this.#refused.purgeStale();
    this.#typed.purgeStale();
  }
}
