// The JSON Schema of the routing file for editors, derived from the same sections and registries. Run as a script it writes
// config/gateway.schema.json; a test checks that the written one is current.

import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SYSTEMS } from '../core/identifiers/kind.ts';
import { TAG_TYPES } from '../core/tags.ts';
import { assetPath } from './assets.ts';
import { grantingSources, type KnownType, type Registries } from './context.ts';
import * as schema from './schema.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const part = (json: JsonSchema, key: string): JsonSchema => {
  const value = json[key];
  return isJson(value) ? value : {};
};

const list = (json: JsonSchema, key: string): readonly unknown[] => {
  const value = json[key];
  return Array.isArray(value) ? value : [];
};

/** A string may hold references, so no pattern may refuse one and no length count it. */
function withReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withReferences);
  if (!isJson(value)) return value;
  const entries = Object.entries(value).map(([key, each]) => [
    key,
    key === 'propertyNames' ? each : withReferences(each),
  ]);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  if (copy['type'] !== 'string') return copy;
  const { minLength: _least, maxLength: _most, format: _format, ...rest } = copy;
  return typeof rest['pattern'] === 'string'
    ? { ...rest, pattern: String.raw`(?:${rest['pattern']})|\$\{` }
    : rest;
}

function convert(type: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(type, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
  });
  const open = withReferences(json);
  return isJson(open) ? open : {};
}

/** What of the common keys depends on the type. */
function narrowed(type: KnownType): JsonSchema {
  const properties = part(convert(schema.common), 'properties');
  return {
    type: { const: type.type },
    ids: { ...part(properties, 'ids'), propertyNames: { enum: idKeys(type) } },
    person: { ...part(properties, 'person'), items: { enum: type.person } },
    whenDenied: {
      ...part(properties, 'whenDenied'),
      enum: type.anonymous ? ['block', 'anonymous'] : ['block'],
    },
    ...(type.demands === 'stated' ? { requires: { ...part(properties, 'requires'), minItems: 1 } } : {}),
  };
}

/** Kinds of the type's own system go by their bare name as well. */
const idKeys = ({ ids, system }: KnownType): readonly string[] => [
  ...new Set(ids.flatMap((id) => (id.startsWith(`${system}.`) ? [id.slice(system.length + 1), id] : [id]))),
];

/** One type: the common keys and its own. */
function branch(type: KnownType): JsonSchema {
  const settings = convert(type.settings);
  const shared = Object.keys(schema.common.shape).map((key) => [
    key,
    { $ref: `#/definitions/destination/properties/${key}` },
  ]);
  const stated = type.demands === 'stated' ? ['requires'] : [];
  return {
    title: type.title,
    properties: { ...part(settings, 'properties'), ...Object.fromEntries(shared), ...narrowed(type) },
    required: [...new Set(['type', ...stated, ...list(settings, 'required')])],
    additionalProperties: false,
  };
}

function destinations({ destinations: types }: Registries): JsonSchema {
  return {
    type: 'object',
    additionalProperties: {
      type: 'object',
      properties: { type: { enum: types.map((each) => each.type) } },
      required: ['type'],
      allOf: types.map((type) => ({
        if: { properties: { type: { const: type.type } } },
        // the keyword of JSON Schema, not a promise
        // oxlint-disable-next-line unicorn/no-thenable
        then: branch(type),
      })),
    },
  };
}

/** Tags of a type that demands nothing by itself have to say what they require. */
function tags(): JsonSchema {
  const stated = TAG_TYPES.filter(({ demands }) => demands === 'stated').map(({ type }) => type);
  return {
    type: 'object',
    additionalProperties: {
      ...convert(schema.tag),
      if: { properties: { type: { enum: stated } } },
      // the keyword of JSON Schema, not a promise
      // oxlint-disable-next-line unicorn/no-thenable
      then: { properties: { requires: { minItems: 1 } }, required: ['requires'] },
    },
  };
}

/** A schema with one property of it replaced. */
const replaced = (json: JsonSchema, key: string, over: JsonSchema): JsonSchema => ({
  ...json,
  properties: { ...part(json, 'properties'), [key]: { ...part(part(json, 'properties'), key), ...over } },
});

export function jsonSchema(registries: Registries): JsonSchema {
  const site = replaced(convert(schema.site), 'consent', { items: { enum: grantingSources(registries) } });
  const [, link] = list(part(part(part(convert(schema.common), 'properties'), 'links'), 'items'), 'anyOf');
  const system = { enum: SYSTEMS };
  const links = { items: { anyOf: [system, replaced(isJson(link) ? link : {}, 'system', system)] } };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Sluis routing file',
    type: 'object',
    definitions: { destination: replaced(convert(schema.common), 'links', links) },
    properties: {
      server: convert(schema.server),
      store: convert(schema.store),
      secrets: convert(schema.secrets),
      pseudonyms: convert(schema.pseudonyms),
      ledger: convert(schema.ledger),
      controller: convert(schema.controller),
      sites: { type: 'object', minProperties: 1, additionalProperties: site },
      consent: convert(schema.consent),
      notices: { type: 'array', items: convert(schema.notice) },
      destinations: destinations(registries),
      tags: tags(),
    } satisfies Record<schema.Section, JsonSchema>,
    required: ['sites'],
    additionalProperties: false,
  };
}

/** As it stands in the file. */
export const schemaText = (registries: Registries): string =>
  `${JSON.stringify(jsonSchema(registries), null, 2)}\n`;

if (import.meta.main) {
  const { REGISTRIES } = await import('./registries.ts');
  writeFileSync(assetPath('config/gateway.schema.json'), schemaText(REGISTRIES));
}
