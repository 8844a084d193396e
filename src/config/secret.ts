// References inside the strings of the routing file: `${NAME}`, `${NAME:-default}`, `${file:PATH}`; `$${` is a literal `${`.
// What a reference brings in is never printed; an unset, empty or unreadable one is a problem, never an empty string.

import type { ProblemCode } from './problems.ts';

/** Where a string of the file came from. `default`: at least one reference fell back on a default that stands in the file. */
export type Origin = 'literal' | 'reference' | 'default';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file named by `${file:PATH}`; throws if it cannot be read. */
  readonly readFile: (path: string) => string;
}

export interface Interpolated {
  readonly value: string;
  readonly origin: Origin;
  readonly faults: readonly { readonly code: ProblemCode; readonly message: string }[];
}

type Resolved =
  | { readonly text: string; readonly origin: Origin }
  | { readonly code: ProblemCode; readonly message: string };

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;
const MAX_FILE_CHARS = 65_536;

function fromFile(path: string, surroundings: Surroundings): Resolved {
  let text: string;
  try {
    text = surroundings.readFile(path).replace(/\r?\n$/, '');
  } catch {
    return { code: 'unreadable-secret-file', message: `the file \`${path}\` cannot be read` };
  }
  if (text === '' || text.length > MAX_FILE_CHARS)
    return { code: 'unreadable-secret-file', message: `the file \`${path}\` is empty or larger than 64 KB` };
  return { text, origin: 'reference' };
}

function resolve(body: string, surroundings: Surroundings): Resolved {
  if (body.startsWith('file:') && body.length > 5) return fromFile(body.slice(5), surroundings);
  const split = body.indexOf(':-');
  const name = split === -1 ? body : body.slice(0, split);
  if (!NAME.test(name))
    return { code: 'bad-reference', message: 'write `${NAME}`, `${NAME:-default}` or `${file:PATH}`' };
  const value = Object.hasOwn(surroundings.env, name) ? surroundings.env[name] : undefined;
  if (value !== undefined && value !== '') return { text: value, origin: 'reference' };
  if (split !== -1) return { text: body.slice(split + 2), origin: 'default' };
  const state = value === '' ? 'is empty' : 'is not set';
  return { code: 'missing-variable', message: `the environment variable \`${name}\` ${state}` };
}

const weaker = (a: Origin, b: Origin): Origin => (a === 'default' || b === 'literal' ? a : b);

/** Replaces the references of one string. What references bring in is not looked at again. */
export function interpolate(text: string, surroundings: Surroundings): Interpolated {
  let value = '';
  let origin: Origin = 'literal';
  const faults: { code: ProblemCode; message: string }[] = [];
  let at = 0;
  while (at < text.length) {
    const start = text.indexOf('${', at);
    if (start === -1) break;
    if (text[start - 1] === '$' && start > at) {
      value += `${text.slice(at, start - 1)}\${`;
      at = start + 2;
      continue;
    }
    const end = text.indexOf('}', start);
    const found: Resolved =
      end === -1
        ? { code: 'bad-reference', message: 'a `${` is never closed; write `$${` for the two characters' }
        : resolve(text.slice(start + 2, end), surroundings);
    value += text.slice(at, start);
    if ('text' in found) {
      value += found.text;
      origin = weaker(origin, found.origin);
    } else {
      faults.push(found);
      origin = weaker(origin, 'reference');
    }
    at = end === -1 ? text.length : end + 1;
  }
  return { value: value + text.slice(at), origin, faults };
}
