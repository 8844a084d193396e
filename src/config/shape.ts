// Looks into a zod schema: which keys may stand at a path. For "did you mean", and to tell a destination's own settings
// from keys nobody knows.

import type { z } from 'zod';

type Inner = z.core.$ZodTypes;

/** What stands behind defaults, transforms and the like; several for a union. */
function unwrap(schema: z.core.$ZodType): readonly Inner[] {
  // every schema that zod makes is one of these; the union is what its own walkers switch on
  const inner = schema as Inner;
  const { def } = inner._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return unwrap(def.innerType);
    case 'pipe':
      return def.in._zod.def.type === 'transform' ? unwrap(def.out) : unwrap(def.in);
    case 'union':
      return def.options.flatMap((option) => unwrap(option));
    case 'intersection':
      return [...unwrap(def.left), ...unwrap(def.right)];
    default:
      return [inner];
  }
}

function step(schema: Inner, key: PropertyKey): readonly Inner[] {
  const { def } = schema._zod;
  if (def.type === 'array') return unwrap(def.element);
  if (def.type === 'record') return unwrap(def.valueType);
  if (def.type !== 'object' || typeof key !== 'string' || !Object.hasOwn(def.shape, key)) return [];
  const found = def.shape[key];
  return found === undefined ? [] : unwrap(found);
}

/** Keys that the object at this path may have; null if it is no object, or takes any key. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] | null {
  let at = unwrap(schema);
  for (const key of path) at = at.flatMap((each) => step(each, key));
  const keys = at.flatMap(({ _zod: { def } }) => (def.type === 'object' ? Object.keys(def.shape) : []));
  return keys.length === 0 ? null : [...new Set(keys)];
}
