// `sluis explain`: requests or events in, decisions with reasons and the requests that would leave out.

import type { Command } from './command.ts';
import { EXIT, jsonLinesOf, orRefusal, parseLine } from './command.ts';
import { explainContext } from '../app.ts';
import { explain as explainLine } from '../explain.ts';
import { snapshotOf } from './config.ts';

export const explain: Command = {
  name: 'explain',
  usage: '[FILE|-]',
  summary: 'requests or events in (JSON lines), decisions and outgoing requests out',
  most: 1,
  options: {},
  async run({ positionals, config }, io) {
    const context = explainContext(snapshotOf(config, io));
    let refused = false;
    for await (const { number, text } of jsonLinesOf(positionals[0], io)) {
      const told = orRefusal(number, io, () => explainLine(parseLine(text), context, Date.now()));
      refused ||= told === null;
      for (const each of told ?? []) io.out(JSON.stringify(each));
    }
    return refused ? EXIT.findings : EXIT.ok;
  },
};
