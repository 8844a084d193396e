// A clock that runs and a log that remembers its codes, for tests against real servers.

import type { Clock, Log } from '../../src/core/ports.ts';

export const runningClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

export function recordingLog(): Log & { readonly codes: string[] } {
  const codes: string[] = [];
  const note = (code: string): void => void codes.push(code);
  return { codes, debug: note, info: note, warn: note, error: note };
}
