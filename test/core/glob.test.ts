// The wildcards of the routing file: what they match, and in how many steps.

import * as fc from 'fast-check';
import test from 'ava';
import { growth } from '../support/growth.ts';
import { matchesGlob } from '../../src/core/glob.ts';

const CASES: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ['/health/**', '/health', true],
  ['/health/**', '/health/', true],
  ['/health/**', '/health/a/b', true],
  ['/health/**', '/healthy', false],
  ['/HEALTH/**', '/health/A', true],
  ['/a/*', '/a/b', true],
  ['/a/*', '/a/b/c', false],
  ['/a/*/c', '/a//c', true],
  ['/**/c', '/c', true],
  ['/**/c', '/a/b/c', true],
  ['/**/c', '/a/bc', false],
  ['/a**z', '/a/b/z', true],
  ['form_*', 'form_', true],
  ['form_*', 'form', false],
  ['/a.b', '/axb', false],
  ['/(a)', '/(a)', true],
  // a line break in a decoded path is a character like any other
  ['/health/**', '/health/a\nb', true],
  ['/*/b', '/a\nc/b', true],
];

for (const [pattern, text, matches] of CASES)
  test(`\`${pattern}\` and ${JSON.stringify(text)}: ${matches}`, (t) =>
    t.is(matchesGlob(text, pattern), matches));

/** Another way to say the same, for short texts: every way on from here is tried once. */
function reference(text: string, pattern: string): boolean {
  const tried = new Map<string, boolean>();
  const rest = (at: number, of: number): boolean => {
    const key = `${at} ${of}`;
    const known = tried.get(key);
    if (known !== undefined) return known;
    tried.set(key, false);
    const found = onward(at, of);
    tried.set(key, found);
    return found;
  };
  const anyEnd = (at: number, of: number): boolean => {
    for (let end = at; end <= text.length; end += 1) if (rest(end, of)) return true;
    return false;
  };
  const onward = (at: number, of: number): boolean => {
    if (of === pattern.length) return at === text.length;
    const left = pattern.slice(of);
    if (left === '/**') return at === text.length || text[at] === '/';
    if (left.startsWith('**/')) {
      if (rest(at, of + 3)) return true;
      for (let end = at; end < text.length; end += 1)
        if (text[end] === '/' && rest(end + 1, of + 3)) return true;
      return false;
    }
    const stars = /^\*+/.exec(left)?.[0].length ?? 0;
    if (stars > 1) return anyEnd(at, of + stars);
    if (stars === 0) return text[at] === pattern[of] && rest(at + 1, of + 1);
    for (let end = at; ; end += 1) {
      if (rest(end, of + 1)) return true;
      if (end >= text.length || text[end] === '/') return false;
    }
  };
  return rest(0, 0);
}

test('with many wildcards a text matches as with few', (t) => {
  const part = fc.constantFrom('a', 'b', '/', '*', '**', '/**', '**/', '.');
  const text = fc
    .array(fc.constantFrom('a', 'b', '/', '.', '\n'), { minLength: 20, maxLength: 60 })
    .map((parts) => parts.join(''));
  // three wildcards and fifty characters are too many for the expression, three and twenty are not
  const pattern = fc
    .tuple(fc.array(part, { maxLength: 6 }), fc.constantFrom('', 'a*', '/*b', '**b*'))
    .map(([parts, tail]) => `*${parts.join('')}${tail}*`);
  fc.assert(
    fc.property(text, pattern, (given, tried) => matchesGlob(given, tried) === reference(given, tried)),
    { numRuns: 4000 },
  );
  t.pass();
});

test('steps grow with the text, not with a power of it', (t) => {
  for (const pattern of ['/**/a/**/b/*z', '/**/a/**/a/**/a/**/z', '/*/*/*/*z']) {
    const ratio = growth(
      (size) => '/a'.repeat(size),
      (path) => t.false(matchesGlob(path, pattern)),
      1000,
    );
    t.true(ratio < 10, `${pattern}: ${ratio}`);
  }
});
