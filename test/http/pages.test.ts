// Pages of the public listener, and what every page carries.

import test from 'ava';
import { ask, stage, start } from './fixture.ts';

test('a page is served with the headers of all pages, where it has none of its own', async (t) => {
  const { ports } = stage({
    pages: [
      {
        path: '/',
        answer: () => ({
          status: 200,
          headers: { 'content-type': 'text/html; charset=utf-8' },
          body: '<p>é',
        }),
      },
      {
        path: '/sluis.js',
        answer: () => ({
          status: 200,
          headers: { 'content-type': 'text/javascript', 'cross-origin-opener-policy': 'unsafe-none' },
          body: new Uint8Array([0x31]),
        }),
      },
    ],
  });
  const port = await start(t, ports);
  const page = await ask(port, { path: '/' });
  t.is(page.text, '<p>é');
  t.is(page.headers['content-length'], '5');
  t.regex(String(page.headers['content-security-policy']), /frame-ancestors 'none'/);
  t.is(page.headers['x-content-type-options'], 'nosniff');
  const script = await ask(port, { path: '/sluis.js' });
  t.is(script.text, '1');
  t.is(script.headers['cross-origin-opener-policy'], 'unsafe-none');
  const head = await ask(port, { method: 'HEAD', path: '/' });
  t.is(head.text, '');
  t.is(head.headers['content-length'], '5');
  t.is((await ask(port, { method: 'POST', path: '/' })).status, 405);
});
