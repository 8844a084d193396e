// Puts the end of an attempt on record and counts it. The fate of something sent must not be forgotten, so a store that does
// not answer is asked again for as long as the lease stands.

import type { Outcome, OutcomeName, Result, Settlement } from '../core/delivery.ts';
import { nextAttempt } from '../outbox/retry.ts';
import { chunks, type Held } from './batch.ts';
import type { Line, Setup } from './line.ts';
import { systemAfter } from './waiting.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

export type Ending = Settlement['result'];

export const settlement = ({ lease }: Held, result: Ending): Settlement => ({
  id: lease.id,
  token: lease.token,
  result,
});

/** What follows from a result for one delivery. A single event that is to be split has nothing to blame but itself. */
export function endingOf(held: Held, result: Result, { line, setup }: { line: Line; setup: Setup }): Ending {
  const { clock, random } = line.ports;
  return nextAttempt({
    attempt: held.lease.attempt,
    firstAt: held.lease.firstAt,
    now: clock.now(),
    retryForMs: setup.destination.retryForMs,
    result: result.kind === 'split' ? { kind: 'permanent', code: result.code } : result,
    dedupes: setup.type.dedupes,
    onUncertain: setup.destination.onUncertain,
    fraction: random.fraction(),
  });
}

/** Settled in one go: a store that is asked for more at once keeps the event loop for long. */
const SETTLE_MAX = 50;

/** Settles until the store answers or the leases have ended; then counts the outcomes that were taken. Never rejects. */
export async function settle(
  line: Line,
  settlements: readonly Settlement[],
  leaseEndsAt: number,
): Promise<void> {
  await Promise.all(chunks(settlements, SETTLE_MAX).map((some) => settleSome(line, some, leaseEndsAt)));
}

async function settleSome(
  line: Line,
  settlements: readonly Settlement[],
  leaseEndsAt: number,
): Promise<void> {
  const { queue, clock, log, after = systemAfter } = line.ports;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
    try {
      await line.slices.turn(settlements.length, line.hasBacklog);
      count(line, settlements, await queue.settle(settlements));
      return;
    } catch {
      const fields = { destination: line.name, count: settlements.length };
      if (line.interrupted || clock.monotonic() + waitMs >= leaseEndsAt) {
        log.error('settle_given_up', fields);
        return;
      }
      log.warn('settle_failed', fields);
      await new Promise<void>((resolve) => void after(waitMs, resolve));
    }
  }
}

function count(
  line: Line,
  settlements: readonly Settlement[],
  answers: readonly ('settled' | 'lost')[],
): void {
  const outcomes = new Map<OutcomeName, number>();
  let lost = 0;
  settlements.forEach(({ result }, index) => {
    if (answers[index] !== 'settled') lost += 1;
    else if (!isOutcome(result)) line.putOff();
    else outcomes.set(result.name, (outcomes.get(result.name) ?? 0) + 1);
  });
  for (const [name, times] of outcomes) line.ports.metrics.delivered(line.name, name, times);
  if (lost > 0) line.ports.log.warn('settle_lost', { destination: line.name, count: lost });
}

const isOutcome = (ending: Ending): ending is Outcome => 'name' in ending;
