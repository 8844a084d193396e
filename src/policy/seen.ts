// Which notice a signal was given under. A notice that came later, or a generation that the signal does not know, was not
// seen; where a label and a date differ, the older counts.

import type { Notice } from '../core/config.ts';
import type { Claim, ConsentLabel, Dated } from '../core/consent.ts';

/**
 * Clients' clocks run ahead a little; UTC midnights of a local "today" up to fourteen hours. Ahead by no more than the grace
 * period is no gain: a grant covers events that long before it anyway.
 */
const AHEAD_MS = { instant: 5 * 60_000, day: 14 * 3_600_000 } as const;

export interface Sighting {
  readonly dated: Dated | null;
  /** One notice if dated, every notice so far if not; empty if none was in force or the label is unknown. */
  readonly seen: readonly Notice[];
  readonly fromFuture: boolean;
  /** Neither a date nor a generation nor a label says when: no notice is known to have been seen. */
  readonly undated: boolean;
}

type Label = string | number;

/** Is the signal's generation at least the notice's? Numbers are ordered, other labels must be equal. */
function knows(claim: Readonly<Record<string, Label>>, notice: Readonly<Record<string, Label>>): boolean {
  return Object.entries(notice).every(([name, label]) => {
    const own = claim[name];
    return typeof own === 'number' && typeof label === 'number' ? own >= label : own === label;
  });
}

/** The notices up to the first whose generation the signal does not know; `labelled` is the last it names itself. */
function withinGeneration(
  claim: Claim,
  notices: readonly Notice[],
): { seen: readonly Notice[]; labelled: Notice | null } {
  let labelled: Notice | null = null;
  if (claim.generation === null) return { seen: notices, labelled };
  for (const [index, notice] of notices.entries()) {
    const label = notice.seenAs[claim.source];
    if (label === undefined) continue;
    if (knows(claim.generation, label)) labelled = notice;
    else if (labelled !== null || Object.values(label).some((each) => typeof each === 'number'))
      return { seen: notices.slice(0, index), labelled };
  }
  return { seen: notices, labelled };
}

const last = (notices: readonly Notice[]): readonly Notice[] => notices.slice(-1);

/**
 * 1. Candidates are the notices in force so far, oldest first, up to the signal's own generation.
 * 2. A date of its own (or, for a signal without one, the label's) picks the latest candidate not after it.
 * 3. A notice id of its own (or the label's) cuts the candidates to that notice and older ones; an unknown id leaves none.
 * 4. Without any date, generation or id: all candidates, each of which must disclose what is asked.
 */
export function sightingOf(
  claim: Claim,
  context: {
    readonly label: ConsentLabel | null;
    readonly notices: readonly Notice[];
    readonly now: number;
    readonly graceMs: number;
  },
): Sighting {
  const { now, graceMs } = context;
  const inForce = context.notices.filter((notice) => notice.from <= now);
  const { seen, labelled } = withinGeneration(claim, inForce);
  const useLabel = claim.dated === null && claim.notice === null && labelled === null;
  const given = useLabel ? (context.label?.givenAt ?? null) : null;
  const dated = claim.dated ?? (given === null ? null : { at: given, precision: 'instant' as const });
  const id = claim.notice ?? (useLabel ? (context.label?.notice ?? null) : null);

  let candidates = seen;
  if (id !== null) candidates = seen.slice(0, seen.findIndex((notice) => notice.id === id) + 1);
  if (dated !== null) {
    const fromFuture = dated.at > now + Math.max(AHEAD_MS[dated.precision], graceMs);
    const before = candidates.filter((notice) => notice.from <= dated.at);
    return { dated, seen: last(before), fromFuture, undated: false };
  }
  const undated = id === null && labelled === null;
  return { dated: null, seen: undated ? candidates : last(candidates), fromFuture: false, undated };
}
