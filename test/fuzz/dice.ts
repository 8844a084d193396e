// Chance with a seed: the same seed throws the same requests again.

import { draws } from '../crash/random.ts';

export interface Dice {
  /** A whole number from 0 up to, not including, `most`. */
  below(most: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

export function dice(seed: number): Dice {
  const next = draws(seed);
  const below = (most: number): number => Math.floor(next() * most);
  return {
    below,
    once: (times) => below(times) === 0,
    pick(choices) {
      if (choices.length === 0) throw new RangeError('nothing to pick from');
      return choices[below(choices.length)] as (typeof choices)[number]; // an index below the length
    },
  };
}

/** Stands in everything made up here; an answer or a log line that has it repeats what was received. */
export const CANARY = 'zqcanary';

export const canary = (by: Dice): string => `${CANARY}${by.below(2 ** 31).toString(36)}`;
