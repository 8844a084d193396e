// Compares the gateway with what people would use instead: installs the peers, runs every case, prints a JSON line for each figure,
// and writes the table of the README beside it. `turns`, `outage` or `crash` as an argument runs that part alone.

import { startBench } from './account.ts';
import type { Figure } from './figure.ts';
import { writeReadme } from './figure.ts';
import { installPeers } from './install.ts';
import { crash, outage } from './trouble.ts';
import { turns } from './turns.ts';

const PARTS = { turns, outage, crash } as const;
const only = process.argv[2];
if (only !== undefined && !(only in PARTS)) throw new Error(`no such part: \`${only}\``);

await installPeers();
const bench = await startBench();
const figures: Figure[] = [];
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (only !== undefined && only !== name) continue;
    process.stderr.write(`peers: ${name}\n`);
    for (const figure of await part(bench)) {
      figures.push(figure);
      process.stdout.write(`${JSON.stringify(figure)}\n`);
    }
  }
} finally {
  await bench.stop();
}
if (only === undefined) writeReadme(figures);
