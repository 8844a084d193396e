// What is learned of one vendor while requests go to it: whether it may be sent to now, and when again. The log is told when that
// changes.

import type { Result } from '../core/delivery.ts';
import { admit, CLOSED, step, waitMs, type Breaker, type Sign } from './breaker.ts';
import { FAILURES } from './classify.ts';
import type { Sent } from './exchange.ts';
import type { DeliveryPorts } from './ports.ts';

export class Circuit {
  readonly #name: string;
  readonly #ports: Pick<DeliveryPorts, 'clock' | 'random' | 'log'>;
  #breaker: Breaker = CLOSED;

  /** `name`: of the destination, for the log. */
  constructor(name: string, ports: Pick<DeliveryPorts, 'clock' | 'random' | 'log'>) {
    this.#name = name;
    this.#ports = ports;
  }

  get phase(): Breaker['phase'] {
    return this.#breaker.phase;
  }

  /** In how many ms it is worth asking `admit` again; 0: now. */
  waitMs(): number {
    return waitMs(this.#breaker, this.#ports.clock.monotonic());
  }

  /** Takes the right to send: null while shut; a probe is to be one single request. */
  admit(): { readonly probe: boolean } | null {
    const admitted = admit(this.#breaker, this.#ports.clock.monotonic());
    if (admitted === null) return null;
    this.#breaker = admitted.next;
    return admitted;
  }

  /** Takes in what a request told about the vendor. */
  tell(sign: Sign): void {
    const before = this.#breaker;
    const { clock, random, log } = this.#ports;
    const moment = { now: clock.monotonic(), fraction: random.fraction() };
    this.#breaker = step(before, sign, moment);
    const { phase, until } = this.#breaker;
    if (phase === before.phase || sign.kind === 'unused') return;
    const fields = { destination: this.#name, waitMs: Math.round(Math.max(0, until - moment.now)) };
    if (phase === 'open') log.warn('destination_paused', fields);
    else log.info('destination_resumed', { destination: this.#name });
  }

  /** Forgets it all: what is sent to now is another. */
  reset(): void {
    this.#breaker = CLOSED;
  }
}

/** Null if it says nothing about the vendor: what we would not send, or broke off ourselves. */
export function signOf(sent: Sent, results: readonly Result[]): Sign | null {
  if ('failure' in sent && (!FAILURES[sent.failure.code].retry || sent.failure.code === 'stopped'))
    return null;
  const throttled = results.filter((result) => result.kind === 'throttled');
  if (throttled.length > 0) {
    const asked = throttled.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
    return { kind: 'throttled', retryAfterMs: asked.length === 0 ? null : Math.max(...asked) };
  }
  const failed = results.every(({ kind }) => kind === 'transient' || kind === 'uncertain');
  return { kind: failed ? 'failed' : 'answered' };
}
