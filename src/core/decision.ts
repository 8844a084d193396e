// A decision: the verdict for one event at one destination, and every reason that led to it.

import type { ConsentState, Purpose } from './consent.ts';
import type { CallType } from './event.ts';
import type { PersonField } from './person.ts';
import type { ReasonCode } from './reasons.ts';
import { REASONS, reasonOrder } from './reasons.ts';

export type Verdict = 'forward' | 'anonymous' | 'cohort' | 'block';

export interface Reason {
  readonly code: ReasonCode;
  /** Config words and purpose names only (`analytics`, `2026-05`); never a received value. */
  readonly detail?: string;
}

/** What of an event policy judges by. Rests with the permitted event, so that it can be judged again before sending. */
export interface EventFacts {
  readonly site: string;
  readonly type: CallType;
  readonly name: string;
  readonly occurredAt: number;
  /** Did the page match the site's sensitive list when the event came in? */
  readonly sensitive: boolean;
  /** Names of destinations that the client switched off. */
  readonly switchedOff: readonly string[];
  readonly consent: ConsentState;
}

/** What the person has said since, known by keyed digests of their ids. */
export interface SaidSince {
  /** Purposes objected to; an objection stands until lifted by name. */
  readonly objections: readonly Purpose[];
  /** Destinations denied by a later signal of the same person, with the instant of the latest. */
  readonly deniedAt: Readonly<Record<string, number>>;
}

export const NOTHING_SAID: SaidSince = { objections: [], deniedAt: {} };

/** What a destination may be given, beyond the bare verdict. Empty unless the verdict is `forward`. */
export interface Allowance {
  /** Purposes granted *and* disclosed for this destination, required or not (`profiling` for ad_personalization, …). */
  readonly purposes: readonly Purpose[];
  /** Data that both notices disclose for this destination: identifier kinds (`client_id`) and person fields (`email`). */
  readonly data: readonly string[];
  /** Person fields that may leave to this destination if present: declared, disclosed and consented. */
  readonly person: readonly PersonField[];
  /** Systems whose identifiers may be linked to this destination: asked for, disclosed and profiling granted. */
  readonly links: readonly string[];
}

export const NOTHING_ALLOWED: Allowance = { purposes: [], data: [], person: [], links: [] };

export interface Decision {
  readonly destination: string;
  readonly verdict: Verdict;
  /** In table order, so the first is the one that metrics count. */
  readonly reasons: readonly Reason[];
  readonly allowance: Allowance;
  /** Id of the oldest notice that counted; null if none did. */
  readonly notice: string | null;
}

export const sortReasons = (reasons: readonly Reason[]): readonly Reason[] =>
  reasons.length < 2 ? reasons : [...reasons].sort((a, b) => reasonOrder(a.code) - reasonOrder(b.code));

/** Did the person's own no (denial, objection, GPC) block this? Then it counts against what is still queued. */
export const isDenial = (decision: Decision): boolean =>
  decision.verdict !== 'forward' && decision.reasons.some((reason) => REASONS[reason.code].denial);
