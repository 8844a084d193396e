// What one destination may know of one event. `PermittedEvent` is a class with a private field, so that neither a spread nor
// a parsed object passes for one. Only identity/apply.ts makes it (`permit`) and only store drivers revive it (`revive`).

import type { Purpose } from './consent.ts';
import type { Campaign, EventType, Item, Page, Wire } from './event.ts';
import type { JsonObject } from './json.ts';
import type { PersonField } from './person.ts';

/** Consent as the vendor's own fields say it; computed from the decision, never literal. */
export interface PermittedConsent {
  /** Purposes granted and disclosed for this destination. */
  readonly purposes: readonly Purpose[];
  /** Google's `ad_user_data`: `marketing` granted and disclosed for this destination. */
  readonly adUserData: boolean;
  /** Google's `ad_personalization`: that, and `profiling`. */
  readonly adPersonalization: boolean;
}

export interface PermittedData {
  readonly destination: string;
  readonly site: string;
  readonly intake: string;
  readonly type: EventType;
  /** Canonical event name. */
  readonly name: string;
  /** Idempotency key: a UUID-shaped pairwise pseudonym of the event for this destination; the same on every attempt and replay. */
  readonly key: string;
  /** Ms since the epoch, a whole second. Anonymous events: a whole hour. */
  readonly occurredAt: number;
  readonly anonymous: boolean;
  /** Treated identifiers by `<system>.<kind>`: the destination's own system, and `site.*` where its type takes those. */
  readonly ids: Readonly<Record<string, string>>;
  /** Permitted links by `<system>_<kind>` (or the name the route gives), exactly as that system's destination receives them. */
  readonly links: Readonly<Record<string, string>>;
  /** Names among `ids` (`ga.client_id`) and `links` (`links.ga_client_id`) whose values are raw, so that a stricter plan can remove them later. Absent: none. */
  readonly kept?: readonly string[];
  /** Permitted person fields, raw and trimmed; destinations normalise and hash. */
  readonly person: Readonly<Partial<Record<PersonField, string>>>;
  /** Cleaned parameters under canonical names: vocabulary and the route's `params`. Scalars, or arrays of scalars. */
  readonly params: JsonObject;
  /** Cleaned items under canonical field names (`ITEM_FIELDS`). */
  readonly items: readonly Item[];
  /** Cleaned page: URL without foreign ids, title scanned, referrer cut to its origin unless same-site. */
  readonly page: Page;
  readonly campaign: Campaign;
  readonly device: {
    readonly language: string | null;
    readonly category: string | null;
    readonly country: string | null;
  };
  /** User properties that the route lists in `params`. */
  readonly traits: JsonObject;
  readonly consent: PermittedConsent;
  /** Allow-listed wire fields of the protocol the event came by, if that is the destination's own. */
  readonly wire: Wire | null;
}

export class PermittedEvent {
  readonly #data: PermittedData;

  private constructor(data: PermittedData) {
    this.#data = data;
    Object.freeze(this);
  }

  get data(): PermittedData {
    return this.#data;
  }

  /** True for genuine instances only: the check reads the private field. */
  static is(value: unknown): value is PermittedEvent {
    return typeof value === 'object' && value !== null && #data in value;
  }

  /** For identity/apply.ts only. */
  static permit(data: PermittedData): PermittedEvent {
    return new PermittedEvent(data);
  }

  /** For store drivers only: data that was once permitted and has rested in a store of ours. */
  static revive(data: PermittedData): PermittedEvent {
    return new PermittedEvent(data);
  }

  /** Only stores serialise it, by asking for `data`; a stray JSON.stringify (a log line, say) shows nothing. */
  toJSON(): string {
    return '[permitted event]';
  }
}
