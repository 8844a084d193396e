// The last decisions, in memory only, for the console: a ring that forgets the oldest.

import type { DecisionFeed, ToldDecision } from '../core/ports.ts';

const KEPT = 200;

export function decisionFeed(kept = KEPT): DecisionFeed {
  const ring: ToldDecision[] = [];
  let next = 0;
  return {
    told(decision) {
      ring[next] = decision;
      next = (next + 1) % kept;
    },
    /** Newest first. */
    recent: () => [...ring.slice(next), ...ring.slice(0, next)].reverse(),
  };
}
