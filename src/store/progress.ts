// How far the deliveries of one row have come, as it rests: one small row beside the payload, absent while all are untouched.

import { STATES } from './pool.ts';
import type { State } from './pool.ts';

/** `p` pending, `d` dead, `e` ended. */
type Letter = 'p' | 'd' | 'e';

export interface DeliveryProgress {
  readonly state: Letter;
  readonly attempts: number;
  /** When due; of a dead letter, when it died. */
  readonly due: number;
  readonly code: string | null;
  /** The last attempt's fate is unknown. */
  readonly unsettled: boolean;
}

/** By position in the row; a position that is missing is pending, never attempted and due at once. */
export type Progress = ReadonlyMap<number, DeliveryProgress>;

export const INITIAL: DeliveryProgress = { state: 'p', attempts: 0, due: 0, code: null, unsettled: false };

const LETTERS: Readonly<Record<State, Letter>> = {
  [STATES.free]: 'e',
  [STATES.due]: 'p',
  [STATES.leased]: 'p',
  [STATES.held]: 'p',
  [STATES.dead]: 'd',
  [STATES.ended]: 'e',
};
export const letterOf = (state: State): Letter => LETTERS[state];

export function encodeProgress(progress: Progress): string {
  return JSON.stringify(
    [...progress].map(([at, one]) => [at, one.state, one.attempts, one.due, one.code, one.unsettled ? 1 : 0]),
  );
}

/** Unreadable progress counts as none: what was delivered may be sent again under the same key, which beats losing it. */
export function decodeProgress(text: string | null): Map<number, DeliveryProgress> {
  const progress = new Map<number, DeliveryProgress>();
  for (const item of parseList(text)) {
    if (!Array.isArray(item)) continue;
    const [at, state, attempts, due, code, unsettled]: unknown[] = item;
    if (typeof at !== 'number' || typeof attempts !== 'number' || typeof due !== 'number') continue;
    if (state !== 'p' && state !== 'd' && state !== 'e') continue;
    const known = typeof code === 'string' ? code : null;
    progress.set(at, { state, attempts, due, code: known, unsettled: unsettled === 1 });
  }
  return progress;
}

function parseList(text: string | null): readonly unknown[] {
  if (text === null) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
