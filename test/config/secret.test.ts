// References in strings: what they bring in, what is wrong with them, and where.

import test from 'ava';
import { interpolate, type Surroundings } from '../../src/config/secret.ts';
import { HEAD, load, said, unmark } from './marked.ts';

const surroundings: Surroundings = {
  env: { NAME: 'value', EMPTY: '', NESTED: '${NAME}' },
  readFile: (path) => {
    if (path === '/run/secrets/x') return 'from a file\n';
    if (path === '/run/secrets/empty') return '\n';
    throw new Error('ENOENT');
  },
};

const ROWS: readonly (readonly [text: string, value: string, origin: string])[] = [
  ['plain', 'plain', 'literal'],
  ['', '', 'literal'],
  ['a ${NAME} b ${NAME}', 'a value b value', 'reference'],
  ['${file:/run/secrets/x}', 'from a file', 'reference'],
  ['${NAME:-other}', 'value', 'reference'],
  ['${NONE:-other}', 'other', 'default'],
  ['${EMPTY:-other}', 'other', 'default'],
  ['${NONE:-}', '', 'default'],
  ['${NAME}${NONE:-x}', 'valuex', 'default'],
  ['${NONE:-x}${NAME}', 'xvalue', 'default'],
  ['$${NAME}', '${NAME}', 'literal'],
  ['$${a}${NAME}', '${a}value', 'reference'],
  ['${NESTED}', '${NAME}', 'reference'],
  ['100$ and $ {x}', '100$ and $ {x}', 'literal'],
];

for (const [text, value, origin] of ROWS)
  test(`reads \`${text}\``, (t) => {
    t.deepEqual(interpolate(text, surroundings), { value, origin: origin as 'literal', faults: [] }); // a word of the table
  });

const FAULTS: readonly (readonly [text: string, code: string])[] = [
  ['${NONE}', 'missing-variable'],
  ['${EMPTY}', 'missing-variable'],
  ['${toString}', 'missing-variable'],
  ['${}', 'bad-reference'],
  ['${A B}', 'bad-reference'],
  ['${NAME', 'bad-reference'],
  ['${file:}', 'bad-reference'],
  ['${file:/nowhere}', 'unreadable-secret-file'],
  ['${file:/run/secrets/empty}', 'unreadable-secret-file'],
];

for (const [text, code] of FAULTS)
  test(`refuses \`${text}\``, (t) => {
    const { faults, origin } = interpolate(text, surroundings);
    t.deepEqual(
      faults.map((each) => each.code),
      [code],
    );
    t.is(origin, 'reference');
  });

test('a missing variable is named, at its place, also inside a destination that is switched off', (t) => {
  const { text, expected } = unmark(`${HEAD}destinations:
  ga4:
    type: ga4
    enabled: false
    measurementId: G-ABC123
    apiSecret: «missing-variable»\${NOT_SET}
  http: { type: http, requires: [analytics], url: 'https://hooks.shop.example', secret: «missing-variable»'\${EMPTY}' }
`);
  const result = load(text);
  t.deepEqual(said(result, ['missing-variable']), expected);
  t.true(result.problems.some((each) => each.message === 'the environment variable `NOT_SET` is not set'));
  t.true(result.problems.some((each) => each.path === 'destinations.ga4.apiSecret'));
});

test('files are looked for beside the routing file', (t) => {
  const asked: string[] = [];
  const result = load(
    `secrets: [{ id: k1, value: '\${file:secrets/k1}' }]\nsites: { shop: { writeKey: a } }\n`,
    {
      readFile: (path) => {
        asked.push(path);
        return 'a-secret-in-a-file-0123456789-0123456789';
      },
    },
  );
  t.true(result.ok);
  t.deepEqual(asked, ['/etc/sluis/secrets/k1']);
});
