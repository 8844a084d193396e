// Gathers every signal of a request into one consent state, and merges the state for display. The strictest answer wins: any
// denial denies, and only sources the site trusts may grant. Decisions do not use the merged form; policy judges claim by claim.

import type {
  Answer,
  Claim,
  ConsentInput,
  ConsentLabel,
  ConsentState,
  Purpose,
  Standing,
} from '../core/consent.ts';
import { isExplicit, strictest } from '../core/consent.ts';
import { isObject } from '../core/json.ts';
import type { ConsentReader, ReadContext } from '../core/plugin.ts';
import { unreadable } from './claims.ts';
import { CONSENT_READERS } from './index.ts';
import { everyPurpose } from './record.ts';

/** What one signal came to, for the metric. */
export interface Signal {
  readonly format: string;
  readonly result: 'granted' | 'denied' | 'silent' | 'unreadable';
}

export interface Gathered {
  readonly state: ConsentState;
  readonly signals: readonly Signal[];
}

function resultOf(claim: Claim): Signal['result'] {
  if (claim.unreadable !== null) return 'unreadable';
  let result: Signal['result'] = 'silent';
  for (const purpose of Object.keys(claim.purposes)) {
    if (claim.purposes[purpose] === 'granted') return 'granted';
    result = 'denied';
  }
  return result;
}

const saysSomething = (claim: Claim): boolean =>
  claim.unreadable !== null ||
  Object.keys(claim.purposes).length > 0 ||
  Object.keys(claim.vendors).length > 0;

/** All claims of the input. A reader that throws denies everything: it may have been about to deny. */
export function claimsIn(
  input: ConsentInput,
  context: ReadContext,
  readers: readonly ConsentReader[] = CONSENT_READERS,
): readonly Claim[] {
  const claims: Claim[] = [];
  if (input.consent !== null && !isObject(input.consent))
    claims.push(unreadable('context', 'consent_malformed', everyPurpose(context)));
  for (const reader of readers) {
    try {
      const found = reader.read(input, context);
      for (const claim of found) claims.push(claim);
    } catch {
      claims.push(unreadable(reader.source, 'reader_failed', everyPurpose(context)));
    }
  }
  return claims;
}

export function gather(input: ConsentInput, label: ConsentLabel | null, context: ReadContext): Gathered {
  const claims = claimsIn(input, context);
  return {
    // a claim that says nothing need not rest
    state: { claims: claims.filter(saysSomething), label, readAt: context.now },
    signals: claims.map((claim) => ({ format: claim.source, result: resultOf(claim) })),
  };
}

function countedAnswer(claim: Claim, purpose: Purpose, trusted: readonly string[]): Answer | undefined {
  const answer = Object.hasOwn(claim.purposes, purpose) ? claim.purposes[purpose] : undefined;
  if (answer !== 'granted') return answer;
  if (claim.unreadable !== null || !trusted.includes(claim.source)) return undefined;
  return isExplicit(purpose) && !claim.byName.includes(purpose) ? undefined : 'granted';
}

/** How each purpose stands, regardless of vendor, date and notice: for display. */
export function merged(
  state: ConsentState,
  trusted: readonly string[],
  purposes: readonly Purpose[],
): Readonly<Record<Purpose, Standing>> {
  return Object.fromEntries(
    purposes.map((purpose) => [
      purpose,
      strictest(state.claims.map((claim) => countedAnswer(claim, purpose, trusted))),
    ]),
  );
}

/** The sources that said something, each once, in the order of the registry. */
export const sourcesOf = (state: ConsentState): readonly string[] => [
  ...new Set(state.claims.map((claim) => claim.source)),
];
