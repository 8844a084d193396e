// The leak test in short: random routing files, consents and events with canaries planted everywhere, told by `explain` and held
// against an oracle that knows the rules and not the code. The long form (leak.long.ts) runs the whole gateway.

import test from 'ava';
import { eventCanaries, visitorCanaries } from './canaries.ts';
import { ENCODINGS } from './encodings.ts';
import { Draw } from './random.ts';
import { needles, Sniffer } from './sniff.ts';
import { runPaper } from './told.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');

for (const { name, encode } of ENCODINGS)
  test(`the sniffer finds every canary, ${name}`, (t) => {
    const draw = new Draw(7);
    for (const canary of [...visitorCanaries(draw, NOW), ...eventCanaries(draw)]) {
      const sniffer = new Sniffer(needles(canary));
      const text = JSON.stringify({
        title: 'Canal boots',
        note: `see ${encode(canary.value)} there`,
        price: 49.9,
      });
      t.true(sniffer.find(text).length > 0, `${canary.kind} ${encode(canary.value)}`);
      t.deepEqual(sniffer.find('{"title":"Canal boots","price":49.9}'), []);
    }
  });

const isOfConsole = ({ rule }: { readonly rule: string }): boolean => rule.startsWith('console');

for (const seed of [1, 2, 3, 5, 8, 13])
  test(`nothing leaves that the rules do not permit, and what they permit does (seed ${seed})`, (t) => {
    const run = runPaper(seed, NOW, 14);
    t.deepEqual(
      run.faults.filter((fault) => !isOfConsole(fault)),
      [],
    );
    t.true(run.events > 14);
    t.true(run.requests > run.events / 2, 'a gateway that sends nothing passes nothing');
  });

// A name that the client made up is shown, and rests in the ledger, before it is cleaned.
test('no canary stands in the names of events that the console shows', (t) => {
  t.deepEqual(runPaper(5, NOW, 14).faults.filter(isOfConsole), []);
});
