// `sluis consent`: consent signals in, what they say out. Without a routing file the built-in mapping is used, so that a string
// can be looked at anywhere.

import { readSignal } from '../consent/signal.ts';
import { isObject } from '../core/json.ts';
import type { JsonObject } from '../core/json.ts';
import type { Command } from './command.ts';
import { EXIT, jsonLinesOf } from './command.ts';
import { readContextOf, snapshotOrDefault } from './config.ts';

/** Every line gets its answer: one that is no JSON says nothing, like an object without a signal. */
function signalOf(line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

export const consent: Command = {
  name: 'consent',
  usage: '[FILE|-]',
  summary: 'consent signals in (JSON lines), what they say out',
  most: 1,
  options: {},
  async run({ positionals, config }, io) {
    const snapshot = snapshotOrDefault(config, io);
    let unread = false;
    for await (const { text } of jsonLinesOf(positionals[0], io)) {
      const report = readSignal(signalOf(text), readContextOf(snapshot, Date.now()));
      unread ||= !report.ok;
      io.out(JSON.stringify(report));
    }
    return unread ? EXIT.findings : EXIT.ok;
  },
};
