// The routing file in force: loaded at start, loaded again when it changes, and what became of the last attempt. A bad file is
// refused and the last good one stays.

import { randomBytes } from 'node:crypto';
import type { Snapshot } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { Log, Metrics } from '../core/ports.ts';
import { readConfigText } from './file.ts';
import { formatProblems } from './problems.ts';
import type { Problem } from './problems.ts';
import { loadAnew } from './source.ts';
import type { ConfigSource } from './source.ts';
import { watchConfig } from './watch.ts';
import type { ConfigWatch } from './watch.ts';

export interface RunningOptions {
  /** Path of the routing file. */
  readonly config: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** On trial a secret is made where the file has none, and warnings are not told. */
  readonly trial: boolean;
  /** Told what is wrong with the file, ready for a terminal. */
  tell(message: string): void;
}

export interface LoadReport {
  readonly at: number;
  readonly result: 'ok' | 'refused';
  readonly problems: readonly Problem[];
}

/** Told of a new snapshot; it counts as in force once all that are told have done what follows from it. */
export type ConfigListener = (snapshot: Snapshot) => void | Promise<void>;

export class RunningConfig {
  snapshot: Snapshot;
  /** What `snapshot` was made of, before it was adapted. */
  source: ConfigSource;
  report: LoadReport;
  readonly #options: RunningOptions;
  readonly #trialSecret: string | null;
  #adapt: (snapshot: Snapshot) => Snapshot = (snapshot) => snapshot;
  #listeners: ConfigListener[] = [];

  /** Throws `config_unreadable` or `config_invalid`. */
  constructor(options: RunningOptions) {
    this.#options = options;
    this.#trialSecret = options.trial ? randomBytes(32).toString('base64url') : null;
    const { result, source } = this.#load(readConfigText(options.config));
    this.#print(result.problems);
    if (!result.ok) throw new GatewayError('config_invalid', `\`${options.config}\` has errors`);
    this.snapshot = result.snapshot;
    this.source = source;
    this.report = reportOf('ok', result.problems);
  }

  /** Changes this and later snapshots on their way in: on trial every destination goes to its stand-in. */
  adapt(change: (snapshot: Snapshot) => Snapshot): void {
    this.#adapt = change;
    this.snapshot = change(this.snapshot);
  }

  onChange(listener: ConfigListener): void {
    this.#listeners.push(listener);
  }

  watch(metrics: Metrics, log: Log): ConfigWatch {
    let read = this.source;
    return watchConfig(this.#options.config, {
      load: (text) => {
        const { result, source } = this.#load(text);
        read = source;
        return result;
      },
      current: this.source.text,
      onSnapshot: async (snapshot, problems) => {
        this.source = read;
        this.snapshot = this.#adapt(snapshot);
        for (const listener of this.#listeners) await listener(this.snapshot);
        this.report = reportOf('ok', problems);
        metrics.configReload('ok');
        metrics.configInfo(snapshot.digest);
        log.info('config_reloaded', { digest: snapshot.digest });
        this.#print(problems);
      },
      onRefused: (problems) => {
        this.report = reportOf('refused', problems);
        metrics.configReload('refused');
        log.error('config_refused', { count: problems.length });
        this.#print(problems);
      },
    });
  }

  #load(text: string): ReturnType<typeof loadAnew> {
    const { config: path, env } = this.#options;
    return loadAnew({ path, text, env, trialSecret: this.#trialSecret });
  }

  #print(problems: readonly Problem[]): void {
    const shown = this.#options.trial ? problems.filter((each) => each.severity === 'error') : problems;
    if (shown.length > 0) this.#options.tell(formatProblems(shown, this.#options.config));
  }
}

const reportOf = (result: LoadReport['result'], problems: readonly Problem[]): LoadReport => ({
  at: Date.now(),
  result,
  problems,
});
