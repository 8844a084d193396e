// `sluis consent`: consent signals in, what they say out. Without a routing file the built-in mapping is used, so that a string
// can be looked at anywhere.

import { readSignal } from '../consent/signal.ts';
import { isObject } from '../core/json.ts';
import type { Command } from './command.ts';
import { EXIT, linesOf, parseLine } from './command.ts';
import { readContextOf, snapshotOrDefault } from './config.ts';

export const consent: Command = {
  name: 'consent',
  usage: '[FILE|-]',
  summary: 'consent signals in (JSON lines), what they say out',
  options: {},
  async run({ positionals, config }, io) {
    const snapshot = snapshotOrDefault(config, io);
    let unread = false;
    let number = 0;
    for await (const line of linesOf(positionals[0], io)) {
      number += 1;
      const signal = parseLine(line, number);
      const report = readSignal(isObject(signal) ? signal : {}, readContextOf(snapshot, Date.now()));
      unread ||= !report.ok;
      io.out(JSON.stringify(report));
    }
    return unread ? EXIT.findings : EXIT.ok;
  },
};
