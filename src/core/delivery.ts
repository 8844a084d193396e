// Deliveries: what is queued for one destination, what is asked of a vendor, what the vendor's answer means and how it ended.

import type { EventFacts } from './decision.ts';
import type { PermittedEvent } from './permitted.ts';
import type { ReasonCode } from './reasons.ts';
import type { Secret } from './secret.ts';

/** How a delivery ended. Exactly one per (event × destination). */
export const OUTCOMES = {
  delivered: 'the vendor answered as it does when it takes an event',
  uncertain: 'it may or may not have arrived, and the vendor could not tell a repetition from a second event',
  rejected:
    'the vendor will never take it; kept as a dead letter, but for recordings, which are kept nowhere',
  expired: 'not delivered within the time for retries; kept as a dead letter',
  poison: 'the stored record could not be read or built; kept as a dead letter',
  withheld: 'judged again before sending and not permitted any more',
  dropped:
    'the destination is gone or switched off, or takes no recordings for so long that they are given up',
  erased: 'the person asked to be forgotten',
} as const satisfies Record<string, string>;
export type OutcomeName = keyof typeof OUTCOMES;

export interface Outcome {
  readonly name: OutcomeName;
  /** Code of ours: a reason code, a failure code (`http_400`, `timeout`), or a vendor's code reduced to `[a-z0-9_]`. */
  readonly code: string | null;
}

/** One thing for one destination. Later also erasure orders, corrections and audience changes; hence `kind`. */
export interface Delivery {
  readonly kind: 'event';
  readonly destination: string;
  readonly admission: string;
  /** Our own id of the event, the same for all its destinations; for ledger and logs. */
  readonly event: string;
  readonly facts: EventFacts;
  readonly permitted: PermittedEvent;
  /** Keyed digests of the person's ids: to find withdrawals and erasures by, never sent. */
  readonly subjects: readonly string[];
  readonly receivedAt: number;
}

/** What a recheck says just before sending. */
export type Recheck =
  | { readonly send: PermittedEvent }
  | { readonly outcome: OutcomeName; readonly reason: ReasonCode }
  /** What the person said since is not known freshly enough: ask again shortly, send nothing meanwhile. */
  | { readonly wait: true };

/** How delivery signs a request; destinations only name it. The header value or secret never rests in a queue. */
export type Auth =
  | { readonly type: 'none' }
  | { readonly type: 'header'; readonly name: string; readonly prefix: string; readonly secret: Secret }
  | { readonly type: 'query'; readonly name: string; readonly secret: Secret }
  | { readonly type: 'body'; readonly name: string; readonly secret: Secret } // a top-level field of a JSON body
  | { readonly type: 'hmac'; readonly header: string; readonly secret: Secret } // `t=<s>,v1=<hex HMAC-SHA-256 of "<s>.<body>">`
  | {
      readonly type: 'oauth1';
      readonly consumerKey: string;
      readonly consumerSecret: Secret;
      readonly token: string;
      readonly tokenSecret: Secret;
    };

/** An unsigned request to a vendor, as data. `explain` prints it; delivery signs and sends it. */
export interface VendorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  /** Lower-case names. Only content-type, accept and what the vendor documents; delivery adds nothing but auth. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body text, or null for none. */
  readonly body: string | null;
  readonly auth: Auth;
  /** Indexes into the events given to `build` that ride in this request. */
  readonly events: readonly number[];
}

/** A vendor's answer, reduced before any destination sees it: body at most 64 KB, headers lower case. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What became of one event of a request, by the vendor's own answer. Failure class is a value; nobody reads messages. */
export type Result =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'permanent'; readonly code: string }
  | { readonly kind: 'transient'; readonly code: string }
  | { readonly kind: 'throttled'; readonly code: string; readonly retryAfterMs: number | null }
  /** It is not known whether it counted. */
  | { readonly kind: 'uncertain'; readonly code: string }
  /** The batch failed for one of its events: send each alone to learn which. */
  | { readonly kind: 'split'; readonly code: string };

/** Names a lease. `token` fences: with an older one, beginning and settling are `lost`. */
export interface LeaseKey {
  readonly id: string;
  readonly token: string;
}

/** A lease on one delivery. */
export interface Lease extends LeaseKey {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** When it was first due, ms since the epoch. */
  readonly firstAt: number;
  /** An earlier attempt had begun, and its lease ended without a settlement (its process died, or it ran out): it may have been sent. */
  readonly unsettled?: boolean;
  readonly item: Delivery | { readonly poison: string };
}

export interface Settlement extends LeaseKey {
  readonly result: Outcome | { readonly retryAt: number; readonly code: string };
}

/** A row of the ledger: codes, names of ours and counts; no payload, no received value. */
export interface LedgerEntry {
  readonly at: number;
  readonly admission: string;
  readonly event: string;
  readonly site: string;
  readonly name: string;
  readonly destination: string;
  readonly step: 'admitted' | OutcomeName;
  readonly reasons: readonly string[];
  /** Names of fields that left (`ids.ga.client_id`, `page.url`), not their values. */
  readonly fields: readonly string[];
  readonly config: string;
}
