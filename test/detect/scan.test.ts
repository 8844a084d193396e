// What one string gives away, and what it only seems to.

import * as fc from 'fast-check';
import test from 'ava';
import { growth } from '../support/growth.ts';
import { scanLine, scanText } from '../../src/detect/scan.ts';
import { HITS, MISSES } from './texts.ts';

for (const [kind, texts] of Object.entries(HITS)) {
  test(`finds ${kind}`, (t) => {
    for (const text of texts)
      t.deepEqual(
        scanText(text).map((found) => found.kind),
        [kind],
        text,
      );
  });
}

test('finds nothing in prices, article numbers, dates, versions, coordinates and words', (t) => {
  for (const text of MISSES) t.deepEqual(scanText(text), [], text);
});

test('a finding marks exactly the address', (t) => {
  t.deepEqual(scanLine('mail jan@mail.example, or call 06-12345678.'), {
    findings: [
      { kind: 'email', start: 5, end: 21 },
      { kind: 'phone', start: 31, end: 42 },
    ],
    clean: 'mail :email, or call :phone.',
  });
});

test('a finding inside a wrapping marks the whole wrapped token', (t) => {
  const wrapped = Buffer.from('jan@mail.example').toString('base64');
  t.is(scanLine(`a ${wrapped} b`).clean, 'a :email b');
  t.is(scanLine('x jan%40mail.example y').clean, 'x :email y');
});

test('the parts of findings that overlap do not survive', (t) => {
  t.is(scanLine('uid=jan@mail.example').findings.length, 1);
  t.notRegex(scanLine('?email=jan@mail.example&x=1').clean, /jan|mail\.example/);
});

test('what is wrapped deeper than three times is a finding, not a way out', (t) => {
  let text = 'jan@mail.example';
  for (let depth = 0; depth < 8; depth++) text = Buffer.from(text).toString('base64');
  t.not(scanText(text).length, 0);
  let percent = 'jan@mail.example'.replace('@', '%40');
  for (let depth = 0; depth < 8; depth++) percent = encodeURIComponent(percent);
  t.not(scanText(percent).length, 0);
});

const anyText = fc.oneof(
  fc.string({ maxLength: 200, unit: 'binary' }),
  fc.string({ maxLength: 200, unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        ...Object.values(HITS).flat(),
        ...MISSES,
        ' ',
        '=',
        '%',
        '@',
        '.',
        ':',
        '\ud800',
        '\0',
        '+',
        '-',
      ),
      {
        maxLength: 8,
      },
    )
    .map((parts) => parts.join('')),
);

test('scanning never throws, reports ordered ranges within the text, and what it cleaned is clean', (t) => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { findings, clean } = scanLine(text);
      let from = 0;
      for (const { start, end } of findings) {
        if (start < from || end <= start || end > text.length) return false;
        from = end;
      }
      const again = scanLine(clean);
      return again.findings.length === 0 && again.clean === clean;
    }),
    { numRuns: 800 },
  );
  t.pass();
});

const HOSTILE: Readonly<Record<string, string>> = {
  percent: '%25'.repeat(10_000),
  'percent letters': '%41'.repeat(10_000),
  'at signs': '@'.repeat(30_000),
  'quoted at signs': '"@'.repeat(15_000),
  'one letter': 'a'.repeat(30_000),
  'one digit': '1'.repeat(30_000),
  'spaced digits': '1 '.repeat(15_000),
  'dotted digits': '1.'.repeat(15_000),
  'nested base64': 'QUFBQUFB-'.repeat(3_300),
  'slashed base64': 'QUFBQUFB/'.repeat(3_300),
  names: 'uid='.repeat(7_500),
  'names with a form': 'cid='.repeat(7_500),
  invisible: '\u200b'.repeat(30_000),
  linkers: `1*abcd${'*a*b'.repeat(7_500)}`,
  'facebook ids': 'fb.1.1763899000123.'.repeat(1_600),
  escapes: '\\u0040'.repeat(5_000),
  colons: ':a'.repeat(15_000),
  ibans: 'NL91 '.repeat(6_000),
  agents: 'Mozilla/5.0'.repeat(2_700),
};

test('hostile strings cost no more than a bounded number of steps', (t) => {
  for (const [name, text] of Object.entries(HOSTILE)) {
    const ratio = growth((size) => text.slice(0, size), scanText, 6000);
    t.true(ratio < 10, `${name}: ${ratio}`);
  }
});
