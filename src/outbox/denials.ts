// What people said since: denials and objections, by keyed digest of their ids. A denial is stored only while something of the
// same subject is pending or dead; with nothing queued no digest of anything may rest, and a no to a recording is remembered for a minute only.

import type { SaidSince } from '../core/decision.ts';
import { isObject } from '../core/json.ts';
import type { Json } from '../core/json.ts';
import type { Fact, Facts } from '../core/ports.ts';
import { RecentDenials, laterOf } from './recentDenials.ts';
import { Said } from './said.ts';
import type { DeniedAt } from './said.ts';
import { SubjectCounts } from './subjects.ts';

export const DENIAL = 'denial/';
export const OBJECTION = 'objection/';

/** Those of these subjects that have anything pending or dead with any gateway, see `Store.holding`. */
export type Holding = (subjects: readonly string[]) => Promise<readonly string[]>;

export interface DenialOptions {
  /** Null: all that is open came in here and ends here. Else only what is on its way into the store is counted here. */
  readonly holding?: Holding | null;
  /**
   * Destinations that something waits for which is not queued, as recordings do: a no to them is remembered for a while. Not to all:
   * of the events of those who said no, every one says it again. Default: none.
   */
  readonly waitsFor?: (destination: string) => boolean;
  /** For how long. Default: see `RecentDenials`. */
  readonly recentMs?: number | undefined;
}

export class Denials {
  readonly said = new Said();
  readonly #facts: Facts;
  readonly #holding: Holding | null;
  /** Those that are stored, by subject. */
  readonly #stored = new Map<string, DeniedAt>();
  readonly #recent: RecentDenials;
  readonly #waitsFor: (destination: string) => boolean;
  #open = new SubjectCounts();
  /**
   * While an index is rebuilt, what opens is added to both. What ends is not taken off: it may not have been counted yet, and
   * counting one too many only keeps a denial longer.
   */
  #rebuilt: SubjectCounts | null = null;
  /** Of the denials that are kept, by subject. */
  readonly #revisions = new Map<string, number>();
  #stops: (() => void)[] = [];

  private constructor(facts: Facts, { holding = null, waitsFor = () => false, recentMs }: DenialOptions) {
    this.#facts = facts;
    this.#holding = holding;
    this.#waitsFor = waitsFor;
    this.#recent = new RecentDenials({ forgotten: (subject) => this.#show(subject), keepMs: recentMs });
  }

  /** Reads what is known and follows what changes, also what other processes write. */
  static async over(facts: Facts, options: DenialOptions = {}): Promise<Denials> {
    const denials = new Denials(facts, options);
    const learn = (fact: Fact): void => denials.#learn(fact);
    denials.#stops = [facts.watch(DENIAL, learn), facts.watch(OBJECTION, learn)];
    for (const prefix of [DENIAL, OBJECTION]) (await facts.list(prefix)).forEach(learn);
    return denials;
  }

  stop(): void {
    this.#stops.forEach((stop) => stop());
    this.#recent.stop();
  }

  /** Is any denial stored at all? */
  get remembers(): boolean {
    return this.#stored.size > 0;
  }

  /** Is anything of this subject pending or dead, as far as it is counted here? */
  hasPending(subject: string): boolean {
    return this.#open.has(subject);
  }

  /** A no by these subjects, for these destinations, as of `at`: in force at once. Resolves when it is durable where that counts. */
  async deny(subjects: readonly string[], destinations: readonly string[], at: number): Promise<void> {
    if (destinations.length === 0) return;
    this.#remember(
      subjects,
      Object.fromEntries(destinations.filter(this.#waitsFor).map((name) => [name, at])),
    );
    const counted = subjects.filter((subject) => this.hasPending(subject));
    const others = subjects.filter((subject) => !counted.includes(subject));
    const held = this.#holding === null ? [] : await this.#holding(others);
    const concerned = [...counted, ...held];
    await Promise.all(concerned.map((subject) => this.#write(subject, destinations, at)));
  }

  /** All that any of these subjects said, strictest: every objection, the latest denial of each destination. */
  standingOf(subjects: readonly string[]): SaidSince {
    return this.said.standingOf(subjects);
  }

  /** Deliveries of these subjects came in. Called before they are durable, so that a denial in between is kept. */
  opened(subjects: readonly string[], count: number): void {
    for (const subject of subjects) {
      this.#open.add(subject, count);
      this.#rebuilt?.add(subject, count);
    }
  }

  /** Deliveries of these subjects ended for good; the last one takes the denial with it. */
  async ended(subjects: readonly string[], count: number): Promise<void> {
    const forgotten: string[] = [];
    for (const subject of subjects) {
      if (this.#open.remove(subject, count) && this.#stored.has(subject)) forgotten.push(subject);
    }
    if (this.#holding !== null) return;
    await Promise.all(forgotten.map((subject) => this.#forget(subject)));
  }

  /**
   * Counts anew from what the store holds, then drops denials of subjects with nothing left. `open` starts to read only when
   * asked for its first item, and only after everything `opened` before has become durable or failed.
   */
  async rebuild(open: AsyncIterable<readonly string[]>): Promise<void> {
    const counted = new SubjectCounts();
    this.#rebuilt = counted;
    try {
      for await (const subjects of open) for (const subject of subjects) counted.add(subject, 1);
      this.#open = counted;
    } finally {
      this.#rebuilt = null;
    }
    const stale = [...this.#stored.keys()].filter((subject) => !this.#open.has(subject));
    await Promise.all(stale.map((subject) => this.#forget(subject)));
  }

  /** Drops denials of subjects that nobody holds anything of, unless they were renewed meanwhile. */
  async tidy(holding: Holding): Promise<void> {
    const known = [...this.#revisions];
    const held = new Set(await holding(known.map(([subject]) => subject)));
    const stale = known.filter(([subject]) => !held.has(subject) && !this.hasPending(subject));
    await Promise.all(stale.map(([subject, revision]) => this.#facts.put(DENIAL + subject, null, revision)));
  }

  #remember(subjects: readonly string[], denied: DeniedAt): void {
    if (Object.keys(denied).length === 0) return;
    for (const subject of subjects) {
      this.#recent.add(subject, denied);
      this.#show(subject);
    }
  }

  async #write(subject: string, destinations: readonly string[], at: number): Promise<void> {
    const key = DENIAL + subject;
    for (;;) {
      const known = await this.#facts.get(key);
      const denied = Object.fromEntries(destinations.map((name) => [name, at]));
      const value = { destinations: laterOf(deniedAtOf(known?.value ?? null), denied) };
      const revision = await this.#facts.put(key, value, known?.revision ?? 0);
      if (revision === null) continue;
      this.#learn({ key, value, revision });
      // The last delivery may have ended while this was being written.
      if (this.#holding === null && !this.hasPending(subject)) await this.#forget(subject);
      return;
    }
  }

  async #forget(subject: string): Promise<void> {
    this.#revisions.delete(subject);
    this.#stored.delete(subject);
    this.#show(subject);
    await this.#facts.put(DENIAL + subject, null, null);
  }

  /** Tells what holds of a subject: what is stored, and what was heard a moment ago. */
  #show(subject: string): void {
    const [stored, recent] = [this.#stored.get(subject), this.#recent.get(subject)];
    const denied = stored === undefined && recent === undefined ? null : laterOf(stored ?? {}, recent ?? {});
    if (denied !== null || this.said.denied.has(subject)) this.said.learn({ subject, denied });
  }

  #learn(fact: Fact): void {
    if (fact.key.startsWith(DENIAL)) {
      const subject = fact.key.slice(DENIAL.length);
      if (fact.value === null) this.#revisions.delete(subject);
      else this.#revisions.set(subject, fact.revision);
      if (fact.value === null) this.#stored.delete(subject);
      else this.#stored.set(subject, deniedAtOf(fact.value));
      return this.#show(subject);
    }
    const subject = fact.key.slice(OBJECTION.length);
    this.said.learn({ subject, objected: fact.value === null ? null : purposesOf(fact.value) });
  }
}

function deniedAtOf(value: Json): DeniedAt {
  const destinations = isObject(value) ? value['destinations'] : undefined;
  if (!isObject(destinations ?? null)) return {};
  const entries = Object.entries(destinations ?? {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

function purposesOf(value: Json): readonly string[] {
  const purposes = isObject(value) ? value['purposes'] : undefined;
  return Array.isArray(purposes) ? purposes.filter((one) => typeof one === 'string') : [];
}
