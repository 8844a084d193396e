// How the files of deploy/ are made runnable for tests.

import test from 'ava';
import { adapted } from './adapted.ts';

test('named pieces are replaced, everything else stays', (t) => {
  const text = 'listen 443 ssl;\nlisten [::]:443 ssl;\nserver_name t.shop.example;\n';
  t.is(
    adapted(text, [
      { from: 'listen 443 ', to: 'listen 127.0.0.1:5001 ' },
      { from: 'listen [::]:443 ', to: 'listen [::1]:5001 ' },
    ]),
    'listen 127.0.0.1:5001 ssl;\nlisten [::1]:5001 ssl;\nserver_name t.shop.example;\n',
  );
});

test('a piece that is missing, or there more often than expected, is an error', (t) => {
  t.throws(() => adapted('port 80', [{ from: 'port 81', to: 'port 1' }]), { message: /port 81/ });
  t.throws(() => adapted('a a', [{ from: 'a', to: 'b' }]), { message: /as often as expected: a/ });
  t.is(adapted('a a', [{ from: 'a', to: 'b', times: 2 }]), 'b b');
});

test('what a change brings in is not changed again, and the longer of two pieces wins', (t) => {
  const swap = [
    { from: '/one', to: '/two' },
    { from: '/two', to: '/one' },
  ];
  t.is(adapted('/one /two', swap), '/two /one');
  t.is(
    adapted('/var/log /var', [
      { from: '/var', to: 'x' },
      { from: '/var/log', to: 'y' },
    ]),
    'y x',
  );
});
