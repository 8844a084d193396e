// `sluis explain`: requests or events in, decisions with reasons and the requests that would leave out.

import type { Command } from './command.ts';
import { EXIT, linesOf, parseLine } from './command.ts';
import { GatewayError } from '../core/errors.ts';
import { explainContext } from '../app.ts';
import { explain as explainLine } from '../explain.ts';
import { snapshotOf } from './config.ts';

export const explain: Command = {
  name: 'explain',
  usage: '[FILE|-]',
  summary: 'requests or events in (JSON lines), decisions and outgoing requests out',
  options: {},
  async run({ positionals, config }, io) {
    const context = explainContext(snapshotOf(config, io));
    let refused = false;
    let number = 0;
    for await (const line of linesOf(positionals[0], io)) {
      number += 1;
      try {
        for (const told of explainLine(parseLine(line, number), context, Date.now()))
          io.out(JSON.stringify(told));
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        refused = true;
        io.err(`line ${number}: ${error.code}: ${error.message}`);
      }
    }
    return refused ? EXIT.findings : EXIT.ok;
  },
};
