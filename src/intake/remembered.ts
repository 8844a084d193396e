// What a pure function said of a short string, kept: the names in events are few and come again with every one of them.
// Bounded: a client that makes up names gains nothing but that the next ones are worked out anew.

import { copied } from '../core/recent.ts';

/** Longer texts are no names. */
const LONGEST = 64;

/** `make` must be pure; its results are shared and must not be changed. `undefined` is not remembered. */
export function remembered<T>(
  make: (text: string) => T,
  { most = 2000, longest = LONGEST } = {},
): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (text.length > longest || !text.isWellFormed()) return make(text); // what is not well-formed names nothing
    if (known.size >= most) known.clear();
    const own = copied(text);
    const made = make(own); // what it makes may be a view of what it is given
    known.set(own, made);
    return made;
  };
}
