// The JSON Schema beside the routing file: current, sound, and no stricter than the gateway about references.

import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { parse } from 'yaml';
import { assetPath } from '../../src/config/assets.ts';
import { jsonSchema } from '../../src/config/jsonSchema.ts';
import { REGISTRIES } from '../../src/config/registries.ts';
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts';

const written = (): unknown => JSON.parse(readFileSync(assetPath('config/gateway.schema.json'), 'utf8'));

const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>(
    (holder, key) => (isObject(holder ?? null) ? (holder as JsonObject)[key] : undefined),
    value,
  ); // checked

const root = jsonSchema(REGISTRIES) as JsonObject; // made of JSON only
const resolved = (value: Json | undefined): Json | undefined => {
  const ref = at(value, '$ref');
  return typeof ref === 'string' ? at(root, ...ref.replace('#/', '').split('/')) : value;
};

test('the written schema is current: else run `npm run schema`', (t) => {
  t.deepEqual(written(), JSON.parse(JSON.stringify(root)));
});

test('every reference resolves and every pattern compiles', (t) => {
  const walk = (value: Json): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (isObject(value))
      for (const [key, each] of Object.entries(value)) {
        if (key === '$ref') t.not(resolved(value), undefined, JSON.stringify(each));
        if (key === 'pattern' && typeof each === 'string') t.notThrows(() => new RegExp(each, 'u'), each);
        walk(each);
      }
  };
  walk(root);
});

test('patterns let references pass, except in names', (t) => {
  const found = at(root, 'properties', 'server', 'properties', 'listen', 'pattern');
  const pattern = typeof found === 'string' ? found : '(?!)';
  t.regex('127.0.0.1:8080', new RegExp(pattern));
  t.regex('${LISTEN}', new RegExp(pattern));
  t.notRegex('8080', new RegExp(pattern));
});

for (const name of ['gateway.yaml', 'full.yaml'])
  test(`the schema has a place for every key of ${name}`, (t) => {
    const file = parse(readFileSync(assetPath(`config/${name}`), 'utf8')) as JsonObject; // a file of ours
    const branches = at(
      root,
      'properties',
      'destinations',
      'additionalProperties',
      'allOf',
    ) as readonly Json[];
    const unknown: string[] = [];
    const check = (value: Json | undefined, schema: Json | undefined, path: string): void => {
      const here = resolved(schema);
      if (Array.isArray(value))
        value.forEach((each, index) => check(each as Json, at(here, 'items'), `${path}[${index}]`));
      if (!isObject(value ?? null) || at(here, 'anyOf') !== undefined) return;
      for (const [key, each] of Object.entries(value as JsonObject)) {
        const next = at(here, 'properties', key) ?? at(here, 'additionalProperties');
        if (next === undefined || next === false) unknown.push(`${path}.${key}`);
        else if (path !== '.destinations') check(each, next, `${path}.${key}`);
        else
          check(
            each,
            at(
              branches.find((branch) => at(branch, 'if', 'properties', 'type', 'const') === at(each, 'type')),
              'then',
            ),
            `${path}.${key}`,
          );
      }
    };
    check(file, root, '');
    t.deepEqual(unknown, []);
  });

test('assets are found from the sources', (t) => {
  t.true(existsSync(assetPath('config/purposes.yaml')));
  t.false(existsSync(assetPath('config/nothing.yaml')));
});
