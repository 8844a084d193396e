// Tags in the routing file: what they come to, and what is wrong with them.

import test from 'ava';
import { TAG_TYPES } from '../../src/core/tags.ts';
import { isSystem } from '../../src/core/identifiers.ts';
import { jsonSchema } from '../../src/config/jsonSchema.ts';
import type { Snapshot } from '../../src/core/config.ts';
import { tag } from '../support/snapshot.ts';
import { HEAD, load, registries, said, unmark } from './marked.ts';

const loaded = (text: string): Snapshot => {
  const result = load(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 1));
  return result.snapshot;
};

test('a tag is what a decision about a destination is made of, and the address of its script', (t) => {
  const { tags, destinations } = loaded(`${HEAD}tags:
  hotjar: { type: hotjar, src: 'https://static.hotjar.com/c/hotjar-1234567.js?sv=6' }
  replay: { type: contentsquare, src: 'https://T.Contentsquare.net/uxa/a1.js', requires: [analytics], sites: [shop], vendor: { tcf: 12 } }
  chat: { type: other, src: 'https://chat.example:8443/w.js', requires: [marketing], enabled: false, transfer: { country: US, basis: dpf } }
`);
  t.deepEqual(destinations, []);
  t.deepEqual(tags, [
    tag(),
    tag({
      name: 'replay',
      type: 'contentsquare',
      system: 'contentsquare',
      requires: ['analytics', 'recording'],
      sites: ['shop'],
      vendor: { tcf: '12' },
      src: 'https://t.contentsquare.net/uxa/a1.js',
    }),
    tag({
      name: 'chat',
      type: 'other',
      system: 'chat',
      audience: 'advertising',
      requires: ['marketing'],
      enabled: false,
      transfer: { country: 'US', basis: 'dpf', checked: null },
      src: 'https://chat.example:8443/w.js',
    }),
  ]);
});

test('consent signals are read for the vendors of tags, too', (t) => {
  const { consent } =
    loaded(`${HEAD}destinations: { log: { type: log, requires: [analytics], vendor: { tcf: 755 } } }
tags: { hotjar: { type: hotjar, src: 'https://static.hotjar.com/a.js', vendor: { tcf: 12, klaro: hotjar } } }
`);
  t.deepEqual(consent.mapping.vendors, { tcf: ['12', '755'], klaro: ['hotjar'] });
});

test('the digest names the tags', (t) => {
  const digestWith = (src: string): string =>
    loaded(`${HEAD}tags: { a: { type: hotjar, src: '${src}' } }\n`).digest;
  t.not(digestWith('https://a.example/1.js'), digestWith('https://a.example/2.js'));
});

const BAD: Readonly<Record<string, string>> = {
  'a list of tags': `${HEAD}tags: «wrong-type»[hotjar]
`,
  'a tag that is no mapping': `${HEAD}tags: { a: «wrong-type»'https://a.example/a.js' }
`,
  'an unknown type': `${HEAD}tags: { a: { type: «wrong-value»hotjer, src: 'https://a.example/a.js' } }
`,
  'neither type nor address': `${HEAD}tags: { «missing»«missing»a: {} }
`,
  'options that only destinations have': `${HEAD}tags: { a: { type: hotjar, src: 'https://a.example/a.js', «unknown-key»events: [purchase], «unknown-key»decides: true } }
`,
  'any other tag that does not say what it requires': `${HEAD}tags:
  «requires-missing»a: { type: other, src: 'https://a.example/a.js' }
  b: { type: other, src: 'https://a.example/a.js', requires: «requires-missing»[] }
`,
  'names that nobody knows': `${HEAD}tags:
  a: { type: hotjar, src: 'https://a.example/a.js', requires: [«unknown-purpose»recordings], sites: [«unknown-site»shopp], vendor: { tfc: «unknown-list»1, tcf: «wrong-value»abc } }
  Hotjar: «wrong-value»{ type: hotjar, src: 'https://a.example/a.js' }
`,
  'a name that a destination has': `${HEAD}destinations: { chat: { type: log, requires: [analytics] } }
tags: { chat: «duplicate»{ type: hotjar, src: 'https://a.example/a.js' } }
`,
};

for (const [what, marked] of Object.entries(BAD))
  test(`refused: ${what}`, (t) => {
    const { text, expected } = unmark(marked);
    const result = load(text);
    t.deepEqual(said(result), expected);
    t.false(result.ok);
  });

for (const src of [
  'http://static.example/a.js',
  '//static.example/a.js',
  '/a.js',
  'javascript:alert(1)',
  'data:text/javascript,1',
  'https://user@static.example/a.js',
  'https://user:pass@static.example/a.js',
  'https://static.example/a.js#x',
  'https://static.example/a b.js',
  'https://127.0.0.1/a.js',
  'https://2130706433/a.js',
  'https://0x7f.1/a.js',
  'https://10.1.2.3/a.js',
  'https://169.254.1.1/a.js',
  'https://[::1]/a.js',
  'https://[::ffff:10.0.0.1]/a.js',
  'https://[fd00::1]/a.js',
  'https://localhost/a.js',
  'https://localhost./a.js',
  'https://cdn.localhost/a.js',
  'https://printer.local/a.js',
  'https://intranet/a.js',
  'https://',
  '',
])
  test(`no address to load a script from: ${JSON.stringify(src)}`, (t) => {
    const result = load(`${HEAD}tags: { a: { type: hotjar, src: '${src}' } }\n`);
    t.deepEqual(
      result.problems.filter(({ severity }) => severity === 'error').map(({ code, path }) => [code, path]),
      [['wrong-value', 'tags.a.src']],
    );
  });

test('the table of tag types names systems of the identifier table, and kinds that keep away from sensitive pages', (t) => {
  for (const { system, audience } of TAG_TYPES) {
    t.true(system === null || isSystem(system));
    t.true(audience === 'recording' || audience === 'advertising');
  }
});

test('the schema asks a tag that demands nothing what it requires', (t) => {
  const schema = JSON.stringify(jsonSchema(registries));
  t.true(schema.includes('"if":{"properties":{"type":{"enum":["other"]}}}'));
});
