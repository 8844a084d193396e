// Ids of our own, ordered by time: milliseconds, who makes them, a running number.

import type { Clock } from './ports.ts';

/** `maker` must be one's own, by chance: nothing else tells two processes apart. */
export function idMaker(clock: Pick<Clock, 'now'>, maker: string): () => string {
  let number = 0;
  let [at, begin] = [0, ''];
  return () => {
    number = (number + 1) % 0x1_000_000;
    const now = clock.now();
    // Two ids an event, and many events in a millisecond.
    if (now !== at) [at, begin] = [now, `${now.toString(36)}-${maker}-`];
    return begin + number.toString(36);
  };
}
