// An event as it was received, in the gateway's own vocabulary whatever protocol it came by. It is never stored:
// only what identity makes of it for one destination (see permitted.ts) rests or leaves.

import type { ConsentInput } from './consent.ts';
import type { Json, JsonObject } from './json.ts';
import type { PersonField } from './person.ts';

export type EventType = 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias';

/**
 * What policy judges: an event, an upload of a session recording, or whether a tag may load in the browser. The last two are no
 * events: they are received, kept and sent in ways of their own.
 */
export type CallType = EventType | 'recording' | 'tag';

/** How `occurredAt` came about. `clamped_*`: the client's time was not believable and was moved to the nearest bound. */
export type ClockMark = 'client' | 'skew_corrected' | 'clamped_future' | 'clamped_past' | 'received';

/** One identifier, by the system that knows the visitor by it. `source` says where it was found. */
export interface Identifier {
  /** A system of the identifier table: `ga`, `hubspot`, `site`, … */
  readonly system: string;
  /** A kind of that system: `client_id`, `utk`, … */
  readonly kind: string;
  readonly value: string;
  readonly source: 'protocol' | 'context' | 'cookie' | 'url';
}

/** An e-commerce item under canonical names: `item_id, item_name, price, quantity, …` (see vocabulary.ts). */
export type Item = JsonObject;

export interface Page {
  readonly url: string | null;
  readonly title: string | null;
  readonly referrer: string | null;
}

export interface Campaign {
  readonly source?: string;
  readonly medium?: string;
  readonly name?: string;
  readonly term?: string;
  readonly content?: string;
  readonly id?: string;
}

/** Device surface as reported; only its coarse reading ever leaves without a declared person field. */
export interface Device {
  readonly userAgent: string | null;
  readonly language: string | null;
  readonly screen: string | null;
  /** `desktop | mobile | tablet`, if the client says so itself; else derived from the user agent. */
  readonly category: string | null;
  readonly country: string | null;
}

/** Parameters that only make sense to the vendor of the protocol the event came by; re-emitted there and nowhere else. */
export interface Wire {
  readonly protocol: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface ReceivedEvent {
  readonly site: string;
  /** Name of the intake protocol. */
  readonly intake: string;
  readonly type: EventType;
  /** Canonical event name (vocabulary.ts) or the client's own name in snake_case; `page_view` for page calls. */
  readonly name: string;
  /** The client's message id; null if it sent none. Never leaves as it is. */
  readonly messageId: string | null;
  /** When it happened, ms since the epoch, after skew correction and clamping. */
  readonly occurredAt: number;
  readonly clock: ClockMark;
  readonly receivedAt: number;
  /** Event parameters under canonical names; values as the client sent them. `items` apart. */
  readonly params: JsonObject;
  readonly items: readonly Item[];
  readonly page: Page;
  readonly campaign: Campaign;
  readonly device: Device;
  readonly ip: string | null;
  /** Every identifier found, at most one per system and kind, by precedence protocol > context > cookie > url. */
  readonly ids: readonly Identifier[];
  /** Identifiers that lost by precedence, belong to another tag or have no place of their own: never sent, but their values may not leave. */
  readonly otherIds: readonly Identifier[];
  /** Person fields found in traits and properties, raw. */
  readonly person: Readonly<Partial<Record<PersonField, string>>>;
  /** Other user traits or user properties; a route lets them through by naming them in `params`. */
  readonly traits: JsonObject;
  /** `integrations` of the Segment API: a name set to false takes a destination away, nothing ever adds one. */
  readonly integrations: Readonly<Record<string, boolean>>;
  readonly wire: Wire | null;
  readonly consent: ConsentInput;
  /** As sent, for the label that dates undated consent. */
  readonly label: { readonly notice: string | null; readonly givenAt: number | null } | null;
}

/** A value an intake passes on untouched. */
export type { Json };
