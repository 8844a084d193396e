// Reading the ledger's stream page by page: what a page does not bring is not taken for what is not there.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { pruneLedger, readEntries } from '../../src/store/jetstream/ledger.ts';
import type { LedgerReader } from '../../src/store/jetstream/ledger.ts';

interface Stream extends LedgerReader {
  readonly purges: number[];
}

/** Messages 1 to `count` with a line each, at their number in ms; of a page only the first `brings` come. */
function stream(count: number, brings = Infinity): Stream {
  const purges: number[] = [];
  async function* messages(from: number): AsyncGenerator<Awaited<ReturnType<typeof one>>> {
    for (let seq = from; seq <= Math.min(count, from + brings - 1); seq += 1) yield await one(seq);
  }
  const one = (seq: number) =>
    Promise.resolve({
      seq,
      info: { pending: count - seq },
      string: () => JSON.stringify([{ from: `0.${seq}.0`, at: seq, entries: '' }]),
    });
  const state = { messages: count, first_seq: 1, last_seq: count };
  return {
    purges,
    stream: 'ledger',
    js: {
      consumers: {
        get: (_stream, { opt_start_seq: from = 1 }) =>
          Promise.resolve({ fetch: () => Promise.resolve(messages(from)) }),
      },
    },
    jsm: {
      streams: {
        info: () => Promise.resolve({ state }),
        purge: (_stream, { seq }) => Promise.resolve(purges.push(seq)),
      },
    },
  };
}

test('a page that ends before its end is an error, and no shorter ledger', async (t) => {
  t.deepEqual(await readEntries(stream(450), {}, 10), []);
  const error = await t.throwsAsync(readEntries(stream(450, 20), {}, 10), { instanceOf: GatewayError });
  t.is(error.code, 'store_unavailable');
});

test('what was not read is not pruned', async (t) => {
  const whole = stream(450);
  await pruneLedger(whole, 300);
  t.deepEqual(whole.purges, [300]);
  const cut = stream(450, 20);
  await t.throwsAsync(pruneLedger(cut, 300), { instanceOf: GatewayError });
  t.deepEqual(cut.purges, []);
});
