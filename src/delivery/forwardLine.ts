// The way to one destination for requests that somebody waits for: each is sent once, soon or not at all. While the vendor is down
// nothing waits, and when that lasts the senders are told to stop.

import type { Result } from '../core/delivery.ts';
import type { Forwarded, ForwardRequest, Metrics } from '../core/ports.ts';
import { Circuit, signOf } from './circuit.ts';
import { FAILURES, readReply, resultOf } from './classify.ts';
import { Connections, notSent } from './connections.ts';
import type { Sent } from './exchange.ts';
import { ForwardQueue, type Held } from './forwardQueue.ts';
import { asVendorRequest, wired } from './forwardWire.ts';
import { same, type Wanted } from './line.ts';
import type { After, DeliveryPorts } from './ports.ts';
import { Bucket } from './rate.ts';
import { harmlessWords } from './recorderWords.ts';
import { systemAfter } from './waiting.ts';

type Surroundings = Pick<DeliveryPorts, 'clock' | 'random' | 'log' | 'after' | 'lookup'>;

export interface ForwardLinePorts extends Surroundings {
  readonly metrics: Pick<Metrics, 'deliverySeconds'>;
  /** How many threads share what the routing file allows the destination. */
  readonly among: number;
  /** Called before a request goes out: has the snapshot in force changed, `set` is called. */
  readonly follow: () => void;
}

/** The recorder gives a request 15 s from its first byte to the answer's last; the way to us and our own work take of that, too. */
const ANSWER_MS = 12_000;
/** How much of that a request may wait for its turn; what is left lets a slow vendor answer. */
const TURN_MS = 4000;
/** A judgement older than this is made again: what goes at once does not wait so long, and a no that was acknowledged holds back all else. */
const JUDGED_FOR_MS = 5;
/** By far more than go out in the time they may wait: 4 connections of 50 ms take 320 in 4 s. */
const WAITING_COUNT = 1000;
/** An upload is 1 MiB at most, but for pages that are larger than that. */
const HELD_BYTES = 64 * 1024 * 1024;
/**
 * A vendor down for so long is not waited for: the recorder sends an upload twice and then loses it, at least every 30 s, so by now
 * no recording that was open can be played any further, and goes on for nothing. The next page begins another.
 */
const LASTING_MS = 3 * 60_000;
const LONGEST_RETRY_S = 3600;

const ENDED: Forwarded = { kind: 'ended' };
const unavailable = (ms: number): Forwarded => ({
  kind: 'unavailable',
  retryAfterS: Number.isFinite(ms) ? Math.min(LONGEST_RETRY_S, Math.max(1, Math.ceil(ms / 1000))) : 1,
});

type Setup = NonNullable<Wanted> & { readonly connections: Connections };

export class ForwardLine {
  readonly #name: string;
  readonly #ports: ForwardLinePorts;
  readonly #after: After;
  readonly #circuit: Circuit;
  readonly #queue: ForwardQueue;
  /** Also those whose last requests are still under way after a reload. */
  readonly #open = new Set<Connections>();
  #setup: Setup | null = null;
  #bucket: Bucket;
  #under = 0;
  /** Since when the vendor has not been well, monotonic ms. */
  #downSince: number | null = null;
  #cancelPace: (() => void) | null = null;
  #stopped = false;

  constructor(name: string, ports: ForwardLinePorts) {
    const { clock, among, after = systemAfter } = ports;
    this.#name = name;
    this.#ports = ports;
    this.#after = after;
    this.#circuit = new Circuit(name, ports);
    this.#bucket = new Bucket(0, clock.monotonic());
    const bounds = { count: WAITING_COUNT / among, bytes: HELD_BYTES / among, turnMs: TURN_MS };
    this.#queue = new ForwardQueue(bounds, after);
  }

  /** Takes over what a new snapshot says; null: the destination is gone. Requests under way end under what they began with. */
  set(wanted: Wanted): void {
    const before = this.#setup;
    if (before !== null && wanted !== null && same(before, wanted)) return;
    const { clock, among } = this.#ports;
    this.#bucket = new Bucket((wanted?.destination.rate ?? 0) / among, clock.monotonic());
    this.#circuit.reset();
    this.#downSince = null;
    this.#setup = wanted && { ...wanted, connections: this.#opened(wanted) };
    if (before !== null) void this.#retire(before.connections);
    this.#next();
  }

  /** Never rejects. */
  send(request: ForwardRequest): Promise<Forwarded> {
    const shut = this.#shut();
    if (shut !== null) return Promise.resolve(shut);
    const answer = this.#queue.add(request, this.#ports.clock.monotonic(), unavailable(0));
    if (answer === null) return Promise.resolve(unavailable(0));
    this.#next();
    return answer;
  }

  /** Ends every request, waiting or under way, and closes all connections. */
  async close(): Promise<void> {
    this.#stopped = true;
    this.#cancelPace?.();
    this.#queue.endAll(unavailable(0));
    for (const connections of this.#open) connections.interrupt();
    await Promise.all([...this.#open].map((connections) => this.#retire(connections)));
  }

  /** What there is to say without sending; null: it may be sent to, or one request may find out whether it may. */
  #shut(): Forwarded | null {
    if (this.#stopped) return unavailable(0);
    if (this.#setup === null) return ENDED;
    const waitMs = this.#circuit.waitMs();
    if (waitMs === 0) return null;
    const since = this.#downSince;
    return since !== null && this.#ports.clock.monotonic() - since >= LASTING_MS
      ? ENDED
      : unavailable(waitMs);
  }

  /** Begins as many as may be under way now. */
  #next(): void {
    for (;;) {
      const held = this.#queue.first;
      if (held === null) return;
      this.#ports.follow();
      const shut = this.#shut();
      if (shut !== null) return this.#queue.endAll(shut);
      const setup = this.#setup;
      if (setup === null || this.#under >= this.#atOnce(setup)) return;
      if (!this.#isPermitted(held)) {
        this.#queue.drop(held, ENDED);
        continue;
      }
      const ms = this.#bucket.take(this.#ports.clock.monotonic());
      if (ms > 0) return this.#pace(ms);
      const probe = this.#circuit.admit()?.probe === true;
      this.#queue.take(held);
      void this.#run(held, setup, probe);
    }
  }

  /** What throws does not leave. */
  #isPermitted({ request, since }: Held): boolean {
    const { clock, log } = this.#ports;
    if (clock.monotonic() - since <= JUDGED_FOR_MS) return true;
    try {
      return request.permitted?.() ?? true;
    } catch {
      log.error('recheck_failed', { destination: this.#name });
      return false;
    }
  }

  #pace(ms: number): void {
    this.#cancelPace ??= this.#after(ms, () => {
      this.#cancelPace = null;
      this.#next();
    });
  }

  async #run(held: Held, setup: Setup, probe: boolean): Promise<void> {
    this.#under += 1;
    // Packing fails for want of memory and nothing else: the vendor did not get it.
    const sent = await this.#sent(held, setup).catch(() => notSent('stopped'));
    this.#under -= 1;
    this.#queue.release(held);
    const result = resultFor(sent, setup, held.request);
    if (setup === this.#setup) this.#learn(sent, result, probe);
    held.end(this.#answer(sent, result));
    this.#next();
  }

  async #sent({ request, since }: Held, { connections, destination }: Setup): Promise<Sent> {
    const { clock, metrics, random } = this.#ports;
    const wire = await wired(request, { now: clock.now(), bytes: (count) => random.bytes(count) });
    if (typeof wire === 'string') return notSent(wire);
    if (this.#stopped) return notSent('stopped');
    const start = clock.monotonic();
    const timeoutMs = Math.min(destination.timeoutMs, since + ANSWER_MS - start);
    const sent = await connections.send(wire, timeoutMs);
    metrics.deliverySeconds(this.#name, (clock.monotonic() - start) / 1000);
    return sent;
  }

  /** Takes in what was told about the vendor, and tells the log what went wrong. */
  #learn(sent: Sent, result: Result, probe: boolean): void {
    const { clock, log } = this.#ports;
    if (result.kind !== 'delivered')
      log.warn('delivery_failed', { destination: this.#name, code: result.code, count: 1 });
    const sign = signOf(sent, [result]);
    if (sign === null && !probe) return;
    this.#circuit.tell(sign ?? { kind: 'unused' });
    if (this.#circuit.phase === 'closed') this.#downSince = null;
    else this.#downSince ??= clock.monotonic();
  }

  #answer(sent: Sent, { kind }: Result): Forwarded {
    const later = unavailable(this.#circuit.waitMs());
    if ('failure' in sent) return FAILURES[sent.failure.code].retry ? later : ENDED;
    const { status, body } = sent.reply;
    if (kind === 'delivered')
      return { kind: 'answered', status, text: status === 200 ? harmlessWords(body) : '' };
    if (kind !== 'permanent' && status !== 429) return later;
    // A redirect is not followed, and would not go elsewhere the next time.
    return status >= 400 ? { kind: 'answered', status, text: '' } : ENDED;
  }

  #atOnce({ destination }: NonNullable<Wanted>): number {
    return Math.ceil(destination.concurrency / this.#ports.among);
  }

  #opened(wanted: NonNullable<Wanted>): Connections {
    const { after, lookup } = this.#ports;
    const connections = new Connections({
      timeoutMs: Math.min(wanted.destination.timeoutMs, ANSWER_MS),
      connections: this.#atOnce(wanted),
      allowPrivate: wanted.allowPrivate,
      after,
      lookup,
    });
    this.#open.add(connections);
    return connections;
  }

  async #retire(connections: Connections): Promise<void> {
    await connections.close();
    this.#open.delete(connections);
  }
}

/** What the answer means by the vendor's own rules, or what it means that there is none. */
function resultFor(sent: Sent, { type }: Setup, request: ForwardRequest): Result {
  const unread: Result = { kind: 'transient', code: 'reply_unreadable' };
  if ('failure' in sent) return resultOf(sent.failure, type.dedupes);
  return readReply(type, sent.reply, asVendorRequest(request))[0] ?? unread;
}
