// What the console shows of a decision: names of the routing file, codes with their sentences, times. Flat, so that the
// page and the script that keeps it fresh read the same thing.

import { REASONS, RULES } from '../core/reasons.ts';
import type { ToldDecision } from '../core/ports.ts';

export interface ShownReason {
  readonly code: string;
  readonly detail: string | null;
  /** The sentence of the reason table. */
  readonly means: string;
}

export interface ShownTreatment {
  readonly path: string;
  readonly rule: string;
  readonly treatment: string;
  /** The sentence of the rule table; empty for a rule it does not have. */
  readonly means: string;
}

export interface ShownDecision {
  /** ISO instant. */
  readonly at: string;
  readonly site: string;
  readonly intake: string;
  readonly event: string;
  readonly destination: string;
  readonly verdict: string;
  readonly notice: string | null;
  readonly reasons: readonly ShownReason[];
  readonly treatments: readonly ShownTreatment[];
}

const ruleMeans = (rule: string): string => Object.entries(RULES).find(([code]) => code === rule)?.[1] ?? '';

/** Newest first, as the feed gives them. */
export const shownDecisions = (told: readonly ToldDecision[]): readonly ShownDecision[] =>
  told.map(({ at, site, intake, event, decision, remarks }) => ({
    at: new Date(at).toISOString(),
    site,
    intake,
    event,
    destination: decision.destination,
    verdict: decision.verdict,
    notice: decision.notice,
    reasons: decision.reasons.map(({ code, detail }) => ({
      code,
      detail: detail ?? null,
      means: REASONS[code].means,
    })),
    treatments: remarks.map((remark) => ({ ...remark, means: ruleMeans(remark.rule) })),
  }));
