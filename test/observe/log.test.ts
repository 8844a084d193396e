// Nothing that was received can pass through the log, even if somebody tries to log it.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { allowedFields, createLog, LOG_FIELDS } from '../../src/observe/log.ts';
import type { LogOptions } from '../../src/observe/log.ts';

function capture(level: LogOptions['level'] = 'debug') {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { log: createLog({ level, stream }), lines };
}

test('a line holds level, time, code and the allowed fields', (t) => {
  const { log, lines } = capture();
  log.warn('settle_failed', {
    destination: 'ga4',
    count: 3,
    code: 'store_unavailable',
    ok: false,
    site: null,
  });
  t.is(lines.length, 1);
  const [{ time, ...rest } = {}] = lines;
  t.regex(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  t.deepEqual(rest, {
    level: 'warn',
    destination: 'ga4',
    count: 3,
    code: 'store_unavailable',
    ok: false,
    site: null,
    msg: 'settle_failed',
  });
});

test('fields that no list has are left out and counted', (t) => {
  t.deepEqual(allowedFields({ email: 'x', destination: 'ga4', toString: 'y', ip: '192.0.2.1' }), {
    destination: 'ga4',
    omitted: 3,
  });
});

test('strings that are not shaped like a code are left out', (t) => {
  for (const value of [
    'person@shop.example',
    'Jane Doe',
    'https://shop.example/?q=1',
    'a\nb',
    'é',
    '',
    'x'.repeat(81),
    '{"a":1}',
    '+31612345678',
  ])
    t.deepEqual(allowedFields({ code: value }), { omitted: 1 }, value);
  for (const value of ['store_full', '2026-05', 'sqlite:data/sluis.db', '127.0.0.1:8080'])
    t.deepEqual(allowedFields({ code: value }), { code: value });
});

test('a list of field names passes, a sentence does not', (t) => {
  const fields = 'ids.site.order_id params.value page.url';
  t.deepEqual(allowedFields({ fields }), { fields });
  t.deepEqual(allowedFields({ fields: 'params.value=person@shop.example' }), { omitted: 1 });
});

test('a field has the form its name promises', (t) => {
  t.deepEqual(allowedFields({ count: '7', destination: 7, ok: 1, status: Number.NaN }), { omitted: 4 });
});

test('a message that is no code is not written', (t) => {
  const { log, lines } = capture();
  log.error('could not send to person@shop.example');
  t.is(lines[0]?.['msg'], 'unnamed');
});

test('a level that is off costs nothing and writes nothing', (t) => {
  const { log, lines } = capture('warn');
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  t.deepEqual(
    lines.map(({ msg }) => msg),
    ['c', 'd'],
  );
});

test('no field name is one of a person or an identifier', (t) => {
  for (const name of Object.keys(LOG_FIELDS)) t.notRegex(name, /mail|phone|name|ip$|user|cookie|url|token/i);
});

/** Names in an object literal that is written out at the call. */
const named = (literal: string): readonly string[] =>
  [...literal.matchAll(/(?:^|,)\s*(\w+)\s*(?=[:,]|$)/g)].map(([, name = '']) => name);

test('whatever is logged where it is written out is in the list, so that no line says `omitted` instead', (t) => {
  const src = join(import.meta.dirname, '../../src');
  const calls = globSync('**/*.ts', { cwd: src }).flatMap((file) => [
    ...readFileSync(join(src, file), 'utf8').matchAll(
      /\blog\.(?:debug|info|warn|error)\(\s*'(\w+)',\s*\{([^}]*)\}/g,
    ),
  ]);
  t.true(calls.length > 20);
  for (const [, code, literal = ''] of calls)
    for (const name of named(literal.trim())) t.true(Object.hasOwn(LOG_FIELDS, name), `${code}: ${name}`);
});
