// CSS keeps what lays a page out and loses what could say something.

import * as fc from 'fast-check';
import test from 'ava';
import { cost, growth } from '../../support/growth.ts';
import { cleanCss, cleanDeclarations } from '../../../src/recording/page/css.ts';
import { BALANCED } from '../clarity/scrubbing.ts';

const css = (text: string, typing = false): string => cleanCss(text, BALANCED, { typing });
const style = (text: string): string =>
  cleanDeclarations(text, {
    cleaning: BALANCED,
    address: (value) => BALANCED.url(value),
    mayName: (name) => name !== 'erika',
  });

test('a style sheet without strings and addresses stays as it is', (t) => {
  for (const text of [
    '',
    'p{color:red}',
    '@media (min-width: 40em) { .a > .b:not(:hover)::after { margin: -0.3333333333em auto 1e3px; content: "" } }',
    ":root { --gap: 1rem; --font-sans: 'Inter', sans-serif }",
    '.icon::before { content: "\\f101"; font-family: "Font Awesome 5 Free" }',
    'input[type="text"], a[href^="/"] { grid-template-areas: "head head" "nav main" }',
    '.sm\\:flex { background: #0a1b2c3d } .quoted::before { content: "\u201e" }',
    '@font-face { font-family: "Open Sans"; src: local("Open Sans"), url("/fonts/open-sans.woff2") format("woff2") }',
  ])
    t.is(css(text), text);
});

test('while somebody could be typing, selectors compare with words of state and types of fields only', (t) => {
  const kept = 'input[type="text"], [type=password], [aria-expanded="true"], [data-n="12"] { color: red }';
  t.is(css(kept, true), kept);
  for (const typed of ['"kirschbaum"', "'kirschbaum'", 'kirschbaum', '"kir', '"kir"'])
    t.notRegex(css(`li:not([data-name*=${typed}]) { opacity: 0.5 }`, true), /kir/, typed);
  t.regex(css('li[data-name*="kirschbaum"] { opacity: 0.5 }'), /kirschbaum/);
});

test('a property that a page made up keeps its name only where it may', (t) => {
  t.is(style('--gap: 1px; --erika: 1px; color: red'), '--gap: 1px;; color: red');
});

test('strings of content, comments and whatever is no name go', (t) => {
  t.is(css('a::after{content:"erika@shop.example"}'), 'a::after{content:""}');
  t.is(css("a::after{content:'Kar'}"), "a::after{content:''}");
  t.is(css('a{content: counter(x) "Karte 4111" attr(y)}'), 'a{content: counter(x) "" attr(y)}');
  t.is(css('a{--name:"Erika Muster"}'), 'a{--name:""}');
  t.is(css('a{}/* Erika */b{}'), 'a{} b{}');
  t.is(css('a{} /* Erika'), 'a{}  ');
  t.is(css('a{content:"Erika'), 'a{content:""');
  t.is(css('a{content:"Er\\"ika"}'), 'a{content:""}');
  t.is(css('a{content:"Erika\nb{}'), 'a{content:""\nb{}');
  t.is(css('a{content:"b;c" "Karte 4111"}'), 'a{content:"" ""}');
  t.is(css('a{content:"\\45\\72\\69\\6b\\61"}'), 'a{content:""}');
});

test('a text without rules is no style sheet', (t) => {
  for (const text of ['Erika Muster', '77', '}', '/* Erika */']) t.is(css(text), '', text);
});

test('addresses lose query and fragment, content in an address goes', (t) => {
  t.is(css('a{background:url(/a.png?u=erika#x)}'), 'a{background:url("/a.png")}');
  t.is(
    css('a{background:url( "https://cdn.example/a.png?u=1" ) no-repeat}'),
    'a{background:url("https://cdn.example/a.png") no-repeat}',
  );
  t.is(css('a{background:URL(data:image/svg+xml;utf8,<svg>Erika</svg>)}'), 'a{background:url()}');
  t.is(css('a{fill:url(#grad-1)}'), 'a{fill:url("#grad-1")}');
  t.is(css('a{background:url(javascript:alert(1))}'), 'a{background:url())}');
  t.is(css('@import "/theme.css?u=erika";'), '@import "/theme.css";');
  t.is(css('a{background:url("/a'), 'a{background:url("/a")');
  t.is(css('a{background:url(/a\\"b)}'), 'a{background:url()}');
});

test('what looks personal outside of strings is scrubbed', (t) => {
  for (const text of [
    '.mail-erika@shop.example{}',
    '.u-4111111111111111{}',
    'a{--x:4111111111111111}',
    '.erika%40shop.example{}',
  ])
    t.notRegex(css(text), /erika@|erika%40|1111/, text);
  const wrapped = Buffer.from('erika@shop.example').toString('base64');
  t.false(css(`.m-${wrapped} { color: red }`).includes(wrapped));
});

test('declarations of an element keep numbers, colours and references in custom properties only', (t) => {
  for (const text of [
    'color: red; width: calc(100% - 3px)',
    '--x: 12px; --y: #fff; --z: var(--w), 3',
    'transform:translate(0px,-12.5px);',
    '',
  ])
    t.is(style(text), text);
  t.is(style('--name: Erika; color: red'), '--name:; color: red');
  t.is(style('--name:"a;Karte 4111"; color:red'), '--name:; color:red');
  t.is(style('--name:{a;Karte 4111}'), '--name:;');
  t.is(style('Karte 4111'), '');
  t.is(style('--n: 4111111111111111'), '--n:');
  t.is(style(`--n: 1; color: ${'x'.repeat(40_000)}`), '');
});

test('any text comes to an end, without what was in its strings', (t) => {
  const piece = fc.constantFrom(
    '"',
    "'",
    '\\',
    '/*',
    '*/',
    'url(',
    ')',
    ';',
    '{',
    '}',
    '\n',
    'content:',
    'a',
    '@import ',
    '[x=',
    ' ',
    '4',
    '<!--',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('');
      t.is(typeof css(text), 'string');
      t.notRegex(
        css(`${text}";}a{content:"kirschbaum"}`).split('content:""').at(-1) ?? '',
        /content:"kirschbaum/,
      );
    }),
  );
});

test('brackets before a string take no longer than strings do', (t) => {
  const of = (piece: string): (() => void) => {
    const text = `a{${`;${piece.repeat(40)}`.repeat(50)}}`;
    t.notRegex(css(text), /abc/);
    return () => void css(text);
  };
  const [brackets, spaces] = [of('[[[[[["abc"'), of('      "abc"')];
  const times = Math.min(...[1, 2, 3, 4, 5].map(() => cost(brackets) / cost(spaces)));
  t.true(times < 4, String(times));
});

test('work grows with the text, whatever is in it', (t) => {
  for (const piece of ['"', 'url(', '/*', '[a=', 'x']) {
    const times = growth(
      (size) => piece.repeat(size),
      (text) => void css(text),
      4000,
    );
    t.true(times < 9, `${piece}: ${times}`);
  }
});
