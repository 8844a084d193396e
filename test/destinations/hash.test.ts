// Normalisation before hashing, as each vendor documents it.

import test from 'ava';
import {
  e164,
  email,
  googleEmail,
  googleName,
  googleStreet,
  hashed,
  lettersOnly,
  personName,
  sha256,
} from '../../src/destinations/hash.ts';

test('SHA-256 is lower-case hex over UTF-8', (t) => {
  t.is(sha256('jane@example.com'), '8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d');
  t.is(sha256('élise'), 'd0f9b0b26aff2fccd28c49f60a008fa99ab98fee5942815757bef94357f01a41');
});

test('a digest passes in lower case, anything else is normalised first', (t) => {
  t.is(hashed(` ${'AB'.repeat(32)}`, email), 'ab'.repeat(32));
  t.is(hashed(' Jane@Example.com', email), sha256('jane@example.com'));
  t.is(hashed('not an address', email), null);
  t.is(hashed(undefined, email), null);
});

const ADDRESSES: readonly (readonly [string, string | null, string | null])[] = [
  [' Jane.Doe@Example.com ', 'jane.doe@example.com', 'jane.doe@example.com'],
  ['Jane.Doe+news@gmail.com', 'jane.doe+news@gmail.com', 'janedoe@gmail.com'],
  ['j.a.n.e@googlemail.com', 'j.a.n.e@googlemail.com', 'jane@googlemail.com'],
  ['jane doe@example.com', null, 'janedoe@example.com'],
  ['+news@gmail.com', '+news@gmail.com', null],
  ['jane', null, null],
  ['@example.com', null, null],
  ['jane@', null, null],
  [`${'j'.repeat(300)}@example.com`, null, null],
];
for (const [index, [given, plain, google]] of ADDRESSES.entries()) {
  test(`e-mail ${index}: \`${given.slice(0, 30)}\``, (t) => {
    t.is(email(given), plain);
    t.is(googleEmail(given), google);
  });
}

const NUMBERS: readonly (readonly [string, string | null, string | null])[] = [
  ['06 12345678', 'NL', '+31612345678'],
  ['0031 6 1234 5678', null, '+31612345678'],
  ['+31 (0)6 12345678', 'NL', '+31612345678'],
  ['(202) 555-0146', 'us', '+12025550146'],
  ['31612345678', null, '+31612345678'],
  ['06 12345678', null, null],
  ['06 12345678', 'ZZ', null],
  ['12', 'NL', null],
  ['', null, null],
  ['9'.repeat(41), null, null],
];
for (const [given, country, expected] of NUMBERS) {
  test(`phone \`${given.slice(0, 20)}\` in ${country ?? 'no country'} is ${expected ?? 'left out'}`, (t) => {
    t.is(e164(given, country), expected);
  });
}

test('names lose what their vendor does not want', (t) => {
  t.is(personName("  Anne-Marie  O'Brien "), 'annemarie obrien');
  t.is(googleName("Mrs. Anne O'Brien, Jr."), 'anne obrien');
  t.is(googleName('Drew'), 'drew');
  t.is(googleName('Jr'), 'jr');
  t.is(googleStreet('Dam 1-a.'), 'dam 1a');
  t.is(lettersOnly("'s-Hertogenbosch 2"), 'shertogenbosch');
});
