// The table of identifiers by name and by the path that remarks tell.

import test from 'ava';
import {
  IDENTIFIERS,
  SYSTEMS,
  idPath,
  identifierAt,
  identifierKind,
  identifierName,
} from '../../src/core/identifiers.ts';

test('every identifier is found by its name and by its path', (t) => {
  for (const entry of IDENTIFIERS) {
    const name = identifierName(entry);
    t.is(name, `${entry.system}.${entry.kind}`);
    t.is(identifierKind(name), entry);
    t.is(idPath(name), `ids.${name}`);
    t.is(identifierAt(idPath(name)), entry);
  }
});

test('every system has an identifier, and no two share a name', (t) => {
  t.deepEqual([...new Set(IDENTIFIERS.map(({ system }) => system))], [...SYSTEMS]);
  t.is(new Set(IDENTIFIERS.map(identifierName)).size, IDENTIFIERS.length);
});

test('a path that tells of anything else leads to no identifier', (t) => {
  for (const path of ['person.email', 'ids.', 'ids.ga', 'ids.ga.constructor', 'ga.client_id', 'ids', '*', ''])
    t.is(identifierAt(path), undefined, path);
  t.is(idPath('ga.unheard_of'), 'ids.ga.unheard_of');
});
