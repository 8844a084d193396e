// Clock and random source of this process, for the composition roots: everything else is given them.

import { randomBytes } from 'node:crypto';
import { idMaker } from './core/ids.ts';
import type { Clock, Random } from './core/ports.ts';

export const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
export const random: Random = { fraction: () => Math.random(), bytes: (count) => randomBytes(count) };

/** A maker of ids of our own. */
export const newIds = (): (() => string) => idMaker(clock, randomBytes(5).toString('hex'));
