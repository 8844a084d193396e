// Microseconds per read of consent signals, by kind: first readings (another string each time, so that nothing is remembered)
// and repeated ones. CPU time of the thread, so that a busy machine does not count. Prints one JSON line per figure.

import type { ConsentInput } from '../../src/core/consent.ts';
import { decodeTcString } from '../../src/consent/tcfString.ts';
import { gather } from '../../src/consent/merge.ts';
import { tcf } from '../../src/consent/tcf.ts';
import { readSignal } from '../../src/consent/signal.ts';
import { recordKeeper } from '../../src/consent/record.ts';
import { noConsent } from '../support/events.ts';
import { mapping, NOW } from '../support/snapshot.ts';
import { compose, composed, coreOf } from '../consent/composer.ts';
import type { Range } from '../consent/composer.ts';
import { context, SECRETS } from '../consent/context.ts';

const BATCHES = 7;
const BATCH_US = 40_000;

let sink = 0;

const CALLS = 400;
const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** Median over batches of the time one call takes. Arguments are made outside the clock. */
function measure<T>(name: string, call: (argument: T) => unknown, next: () => T): void {
  const figures: number[] = [];
  for (let batch = 0; batch <= BATCHES; batch += 1) {
    let calls = 0;
    let spent = 0;
    while (spent < BATCH_US) {
      const made: readonly T[] = Array.from({ length: CALLS }, next);
      const from = cpuUs();
      for (const argument of made) sink += call(argument) === null ? 0 : 1;
      spent += cpuUs() - from;
      calls += CALLS;
    }
    // the first batch warms up
    if (batch > 0) figures.push(spent / calls);
  }
  figures.sort((a, b) => a - b);
  const us = Number((figures[Math.floor(BATCHES / 2)] ?? 0).toFixed(2));
  process.stdout.write(`${JSON.stringify({ bench: 'consent', case: name, us })}\n`);
}

const given = context({ mapping: mapping({ vendors: { tcf: ['755', '804', '1126', '32'], ac: ['89'] } }) });
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
let serial = 0;

/** The same string from a tool of another version and screen: bits 90 to 107, which nothing rests on. */
function variant(text: string): string {
  serial += 1;
  const letter = (place: number) => ALPHABET[Math.floor(serial / 64 ** place) % 64] ?? '';
  return text.slice(0, 15) + letter(0) + letter(1) + letter(2) + text.slice(18);
}

/** As it comes off the wire: a string of its own, whose hash nobody has computed yet. */
const copy = (text: string): string => Buffer.from(text).toString('latin1');

const every: readonly Range[] = [[1, 65_535]];
const many = Array.from({ length: 420 }, (_, index) => index * 2 + 1);

const strings: Readonly<Record<string, string>> = {
  'short, 44 characters and one segment': compose(composed()),
  'bit fields of 824 vendors': compose(
    composed({
      vendorConsents: { kind: 'bits', maxId: 824, ids: many.filter((id) => id <= 824) },
      vendorInterests: { kind: 'bits', maxId: 824, ids: many.filter((id) => id <= 824) },
      disclosed: { kind: 'bits', maxId: 1500, ids: many },
    }),
  ),
  '20 restrictions': compose(
    composed({
      restrictions: Array.from({ length: 20 }, (_, index) => ({
        purpose: 1 + (index % 10),
        type: index < 10 ? 1 : 0,
        ranges: Array.from({ length: 20 }, (_each, at): Range => [800 + at * 9, 803 + at * 9]),
      })),
    }),
  ),
  'hostile, every id in one range': compose(
    composed({ vendorConsents: { kind: 'ranges', maxId: 65_535, ranges: every } }),
  ),
  'hostile, every id in every section': compose(
    composed({
      vendorConsents: { kind: 'ranges', maxId: 65_535, ranges: [[2, 65_535]] },
      vendorInterests: { kind: 'ranges', maxId: 65_535, ranges: [[2, 65_535]] },
      disclosed: { kind: 'ranges', maxId: 65_535, ranges: [[2, 65_535]] },
    }),
  ),
  'hostile, 440 restrictions over every id': coreOf(
    composed({
      created: NOW - 300 * 86_400_000,
      restrictions: Array.from({ length: 440 }, () => ({ purpose: 2, type: 0, ranges: every })),
    }),
  ),
  'hostile, 4 KB of ones': `C${'_'.repeat(4095)}`,
  'hostile, 16 KB': compose(composed()).padEnd(16_384, 'A'),
};

const asInput = (tc: string): ConsentInput => noConsent({ consent: { tcf: tc } });

for (const [name, text] of Object.entries(strings)) {
  measure(`decode: ${name}`, decodeTcString, () => text);
  measure(
    `first reading: ${name}`,
    (input) => tcf.read(input, given),
    () => asInput(variant(text)),
  );
  measure(
    `repeated reading: ${name}`,
    (input) => tcf.read(input, given),
    () => asInput(copy(text)),
  );
  measure(
    `for people: ${name}`,
    (tc) => readSignal({ tcf: tc }, given),
    () => text,
  );
}

const token = recordKeeper(SECRETS).issue({
  id: '0b5f8a52-6d3e-4c1a-9d7b-2f1e0c9a8b77',
  site: 'shop',
  notice: '2026-05',
  givenAt: NOW - 86_400_000,
  purposes: { analytics: true, marketing: false, profiling: true },
});
const keeper = recordKeeper(SECRETS);
const opened = { ...given, openRecord: (text: string) => keeper.open(text) };
const requests: Readonly<Record<string, Partial<ConsentInput>>> = {
  nothing: {},
  'a TC string': { consent: { tcf: strings['bit fields of 824 vendors'] ?? '' } },
  'a signed record': { consent: { record: token } },
  'a consent cookie': {
    cookies: { cc_cookie: ['{"categories":["necessary","analytics"],"revision":3,"services":{}}'] },
  },
  'gcs and gcd': { query: { gcs: 'G111', gcd: '13r3r3r2r5l1' } },
};
for (const [name, over] of Object.entries(requests)) {
  const input = noConsent(over);
  measure(
    `gather: ${name}`,
    () => gather(input, null, opened),
    () => null,
  );
}

if (sink < 0) throw new Error('unreachable: keeps the calls from being removed');
