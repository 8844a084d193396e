// Metrics of several threads as those of one process. What a thread counted stays counted when it is gone, as of when it was last
// asked: a sum that fell would look like a restart.

import { AggregatorRegistry } from 'prom-client';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';

export type Series = readonly MetricObjectWithValues<MetricValue<string>>[];

/** Kinds that only grow. */
const COUNTED: ReadonlySet<string> = new Set(['counter', 'histogram']);

/** One per process, whoever asks; or the worst of all threads, where others would be added up or averaged. */
function aggregatorOf({ name, aggregator }: Series[number]): Series[number]['aggregator'] {
  if (name.startsWith('process_')) return 'first';
  return name.startsWith('nodejs_eventloop_lag') && aggregator === 'average' ? 'max' : aggregator;
}

const merged = (parts: readonly Series[]) =>
  AggregatorRegistry.aggregate(
    parts.map((series) => series.map((each) => ({ ...each, aggregator: aggregatorOf(each) }))),
  );

export class MergedSeries {
  readonly #last = new Map<string, Series>();
  /** Of threads that are gone. */
  #gone: readonly Series[] = [];

  /** What a thread says of itself; what it says of the process is known already. */
  told(thread: string, series: Series): void {
    const own = series.filter(({ name }) => !name.startsWith('process_'));
    this.#last.set(thread, own);
  }

  /** Counts stay, and what else was measured of the thread goes. */
  async ended(thread: string): Promise<void> {
    const counted = (this.#last.get(thread) ?? []).filter(({ type }) => COUNTED.has(String(type)));
    this.#last.delete(thread);
    const gone = [...this.#gone, counted];
    this.#gone = gone;
    const sum = await merged(gone).getMetricsAsJSON();
    if (this.#gone === gone) this.#gone = [sum];
  }

  /** All of it together with a registry's own, as text. */
  text(own: Series): Promise<string> {
    return merged([own, ...this.#gone, ...this.#last.values()]).metrics();
  }
}
