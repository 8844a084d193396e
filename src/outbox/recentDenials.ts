// Denials of the last minute, in memory only and whatever is queued: an upload of a recording that waits for its vendor never is.
// Bounded in time and number; a flood pushes out the oldest.

import type { DeniedAt } from './said.ts';

/** Longer than anything waits between its request's head and its way out: a slow body, another worker, its turn at the vendor. */
const KEEP_MS = 60_000;
/** Some 10 MB. */
const MOST = 20_000;

export interface RecentOptions {
  /** Told of each subject of which nothing is kept any more. */
  readonly forgotten: (subject: string) => void;
  /** Each is kept for so long at least, and twice as long at most. Default: a minute. */
  readonly keepMs?: number | undefined;
  /** So many subjects are kept at least, and twice as many at most. */
  readonly most?: number | undefined;
}

/** The later instant of each destination. */
export function laterOf(one: DeniedAt, other: DeniedAt): DeniedAt {
  const merged = new Map(Object.entries(one));
  for (const [name, at] of Object.entries(other)) merged.set(name, Math.max(at, merged.get(name) ?? at));
  return Object.fromEntries(merged);
}

export class RecentDenials {
  readonly #options: RecentOptions;
  #young = new Map<string, DeniedAt>();
  #old = new Map<string, DeniedAt>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RecentOptions) {
    this.#options = options;
  }

  get(subject: string): DeniedAt | undefined {
    return this.#young.get(subject) ?? this.#old.get(subject);
  }

  add(subject: string, denied: DeniedAt): void {
    const { most = MOST } = this.#options;
    if (this.#young.size >= most) this.#turn();
    this.#young.set(subject, laterOf(this.get(subject) ?? {}, denied));
    this.#timer ??= this.#later();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #later(): NodeJS.Timeout {
    const turn = (): void => {
      this.#timer = null;
      this.#turn();
      if (this.#old.size > 0) this.#timer = this.#later();
    };
    return setTimeout(turn, this.#options.keepMs ?? KEEP_MS).unref();
  }

  /** The younger ones become the older, and those are gone. */
  #turn(): void {
    const gone = this.#old;
    this.#old = this.#young;
    this.#young = new Map();
    for (const subject of gone.keys()) if (!this.#old.has(subject)) this.#options.forgotten(subject);
  }
}
