// Plain JSON values, as they come in from the wire and rest in the store.

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Narrows an unknown value to a JSON object; arrays and null are not objects. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sets a member under a name that came from outside: assigning to `__proto__` would set the prototype. */
export function put<T>(into: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') Object.defineProperty(into, name, { value, enumerable: true });
  else into[name] = value;
}

/** The members that stay, in their order; undefined ones do not. A third of what a list of entries and back takes. */
export function pick<T>(
  members: Readonly<Record<string, T>>,
  stays: (value: T, name: string) => boolean,
): Record<string, T> {
  const kept: Record<string, T> = {};
  for (const name in members) {
    const value = Object.hasOwn(members, name) ? members[name] : undefined;
    if (value !== undefined && stays(value, name)) put(kept, name, value);
  }
  return kept;
}
