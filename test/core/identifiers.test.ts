// The table of identifiers by name and by the path that remarks tell.

import test from 'ava';
import {
  IDENTIFIERS,
  idPath,
  identifierAt,
  identifierKind,
  identifierName,
} from '../../src/core/identifiers.ts';
import { ADVERTISING } from '../../src/core/identifiers/advertising.ts';
import { ANALYTICS } from '../../src/core/identifiers/analytics.ts';
import { SYSTEMS } from '../../src/core/identifiers/kind.ts';
import { RELATIONS } from '../../src/core/identifiers/relations.ts';
import { SITE } from '../../src/core/identifiers/site.ts';

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

test('every system stands in one part of the table', (t) => {
  const systems = [ADVERTISING, ANALYTICS, RELATIONS, SITE].flatMap((part) => Object.keys(part));
  t.deepEqual(systems.toSorted(), SYSTEMS.toSorted());
});

test('a path that tells of anything else leads to no identifier', (t) => {
  for (const path of ['person.email', 'ids.', 'ids.ga', 'ids.ga.constructor', 'ga.client_id', 'ids', '*', ''])
    t.is(identifierAt(path), undefined, path);
  t.is(idPath('ga.unheard_of'), 'ids.ga.unheard_of');
});
