// Undoing references and making them again loses nothing, and what is no honest stream is refused.

import * as fc from 'fast-check';
import test from 'ava';
import { Effort } from '../../../src/recording/page/effort.ts';
import { expand, tokenise } from '../../../src/recording/clarity/tokens.ts';
import type { Token } from '../../../src/recording/clarity/tokens.ts';
import { DOM_EVENTS } from './captured.ts';

const again = (event: readonly unknown[]): unknown[] | null => {
  const tokens = expand(event);
  return tokens === null ? null : tokenise(Number(event[0]), Number(event[1]), tokens);
};

test('every captured event comes out as the same JSON', (t) => {
  t.true(DOM_EVENTS.length > 200, `${DOM_EVENTS.length} events`);
  for (const event of DOM_EVENTS) t.is(JSON.stringify(again(event)), JSON.stringify(event));
});

/** The library's own way, kept as simple as it can be said: a place of a string is known once it was written. */
function written(tokens: readonly Token[]): unknown[] {
  const event: unknown[] = [7, 6];
  for (const token of tokens) {
    const place = typeof token === 'string' && token !== '__proto__' ? event.indexOf(token) : -1;
    const last = event.at(-1);
    if (place < 0) event.push(token);
    else if (Array.isArray(last)) last.push(place);
    else event.push([place]);
  }
  return event;
}

const word = fc.oneof(
  fc.constantFrom('*T', 'DIV', 'class=a', '\n', '', '__proto__', 'constructor', 'toString', '7'),
  fc.string(),
);
const stream = fc.array(fc.oneof(word, fc.integer({ min: -500, max: 500 })));

test('any stream, too, and as the library writes it', (t) => {
  fc.assert(
    fc.property(stream, (tokens) => {
      const event = written(tokens);
      t.deepEqual(expand(event), tokens);
      t.deepEqual(again(event), event);
    }),
  );
});

test('one word is never referred to: the library cannot remember its place', (t) => {
  const event = [7, 6, 1, '__proto__', 2, '__proto__', 3, 'constructor', 4, [7]];
  t.deepEqual(again(event), event);
});

test('a reference leads back to a string of the same event, or the event is refused', (t) => {
  const refused: readonly (readonly unknown[])[] = [
    [7, 6, 'a', [0]],
    [7, 6, 'a', [1]],
    [7, 6, 'a', [-1]],
    [7, 6, 'a', [3]],
    [7, 6, [3], 'a'],
    [7, 6, 'a', [4], 'b'],
    [7, 6, 'a', [99]],
    [7, 6, 'a', [2.5]],
    [7, 6, 'a', [Number.NaN]],
    [7, 6, 'a', ['2']],
    [7, 6, 'a', [null]],
    [7, 6, 'a', [[2]]],
    [7, 6, 'a', []],
    [7, 6, 5, [2]],
    [7, 6, 'a', [2], [3]],
    [7, 6, null],
    [7, 6, true],
    [7, 6, { 0: 2 }],
    [7, 6, undefined],
  ];
  for (const event of refused) t.is(expand(event), null, JSON.stringify(event));
});

test('references that would blow a stream up are refused before they do', (t) => {
  const large = 'x'.repeat(1024 * 1024);
  t.is(expand([7, 6, large, Array.from({ length: 100_000 }, () => 2)]), null);
  t.is(expand([7, 6, 'x', Array.from({ length: 1_100_000 }, () => 2)]), null);
  t.is(expand([7, 6, large, [2, 2, 2]])?.length, 4);
});

test('all events of an upload together come to no more than one may', (t) => {
  const effort = new Effort();
  const large = [7, 6, 'x'.repeat(4096), Array.from({ length: 999 }, () => 2)];
  t.deepEqual(
    [1, 2, 3, 4, 5, 6].map(() => expand(large, effort)?.length ?? null),
    [1000, 1000, 1000, 1000, null, null],
  );
  effort.renew();
  t.is(expand(large, effort)?.length, 1000);
  t.is(expand([7, 6, ...Array.from({ length: 1_000_001 }, () => 1)]), null);
});
