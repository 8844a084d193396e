// Liveness and readiness, the same on both listeners. Readiness asks the surroundings at most once a second, whoever asks.

import type { Answer } from '../core/plugin.ts';
import type { Clock } from '../core/ports.ts';
import { json } from './answer.ts';
import type { NotReady, Readiness } from './ports.ts';

const KEEP_MS = 1000;
/** A store that takes longer than this to say that it is there is not. */
const PATIENCE_MS = 2000;

export interface Health {
  alive(): Answer;
  ready(): Promise<Answer>;
}

async function ask(readiness: Readiness): Promise<readonly NotReady[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly NotReady[]>((resolve) => {
    timer = setTimeout(() => resolve(['store_unavailable']), PATIENCE_MS);
  });
  try {
    return await Promise.race([readiness(), late]);
  } catch {
    return ['store_unavailable'];
  } finally {
    clearTimeout(timer);
  }
}

export function health(readiness: Readiness, clock: Pick<Clock, 'monotonic'>): Health {
  let asked: { at: number; answer: Promise<readonly NotReady[]> } | null = null;
  return {
    alive: () => json({ alive: true }),
    async ready() {
      const now = clock.monotonic();
      if (asked === null || now - asked.at >= KEEP_MS) asked = { at: now, answer: ask(readiness) };
      const reasons = await asked.answer;
      return json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
    },
  };
}
