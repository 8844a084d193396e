// The routing file in force: loaded at start, loaded again when it changes, and what became of the last attempt. A bad file is
// refused and the last good one stays.

import { randomBytes } from 'node:crypto';
import type { Snapshot } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { Log, Metrics } from '../core/ports.ts';
import { loadText, readConfigText } from './file.ts';
import { formatProblems } from './problems.ts';
import type { Problem } from './problems.ts';
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

export class RunningConfig {
  snapshot: Snapshot;
  report: LoadReport;
  readonly #options: RunningOptions;
  readonly #trialSecret: string | null;
  readonly #text: string;
  #adapt: (snapshot: Snapshot) => Snapshot = (snapshot) => snapshot;
  #listeners: ((snapshot: Snapshot) => void)[] = [];

  /** Throws `config_unreadable` or `config_invalid`. */
  constructor(options: RunningOptions) {
    this.#options = options;
    this.#trialSecret = options.trial ? randomBytes(32).toString('base64url') : null;
    this.#text = readConfigText(options.config);
    const result = this.#load(this.#text);
    this.#print(result.problems);
    if (!result.ok) throw new GatewayError('config_invalid', `\`${options.config}\` has errors`);
    this.snapshot = result.snapshot;
    this.report = reportOf('ok', result.problems);
  }

  /** Changes this and later snapshots on their way in: on trial every destination goes to its stand-in. */
  adapt(change: (snapshot: Snapshot) => Snapshot): void {
    this.#adapt = change;
    this.snapshot = change(this.snapshot);
  }

  onChange(listener: (snapshot: Snapshot) => void): void {
    this.#listeners.push(listener);
  }

  watch(metrics: Metrics, log: Log): ConfigWatch {
    return watchConfig(this.#options.config, {
      load: (text) => this.#load(text),
      current: this.#text,
      onSnapshot: (snapshot, problems) => {
        this.snapshot = this.#adapt(snapshot);
        this.report = reportOf('ok', problems);
        metrics.configReload('ok');
        metrics.configInfo(snapshot.digest);
        log.info('config_reloaded', { digest: snapshot.digest });
        this.#print(problems);
        for (const listener of this.#listeners) listener(this.snapshot);
      },
      onRefused: (problems) => {
        this.report = reportOf('refused', problems);
        metrics.configReload('refused');
        log.error('config_refused', { count: problems.length });
        this.#print(problems);
      },
    });
  }

  #load(text: string): ReturnType<typeof loadText> {
    const trial = this.#trialSecret === null ? {} : { trialSecret: this.#trialSecret };
    return loadText(this.#options.config, text, { env: this.#options.env, ...trial });
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
