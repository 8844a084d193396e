// `sluis scan`: lines of text in, the ids and personal data found in them out, and the text without them.

import { scanLine } from '../detect/scan.ts';
import type { Command } from './command.ts';
import { EXIT, linesOf } from './command.ts';

export const scan: Command = {
  name: 'scan',
  usage: '[FILE|-]',
  summary: 'lines of text in, ids and personal data found out',
  most: 1,
  options: {},
  async run({ positionals }, io) {
    let found = false;
    for await (const { text } of linesOf(positionals[0], io)) {
      const { findings, clean } = scanLine(text);
      found ||= findings.length > 0;
      io.out(JSON.stringify({ findings, clean }));
    }
    return found ? EXIT.findings : EXIT.ok;
  },
};
