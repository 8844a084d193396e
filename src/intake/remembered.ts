// What a pure function said of a short string, kept: the names in events are few and come again with every one of them.
// Bounded: a client that makes up names gains nothing but that the next ones are worked out anew.

/** Longer texts are no names. */
const LONGEST = 64;

/** Memory of its own for what may be a view of a whole body or query, which a key would keep alive. */
const copied = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

/** `make` must be pure; its results are shared and must not be changed. `undefined` is not remembered. */
export function remembered<T>(
  make: (text: string) => T,
  { most = 2000, longest = LONGEST } = {},
): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (text.length > longest || !text.isWellFormed()) return made; // what is not well-formed cannot be copied
    if (known.size >= most) known.clear();
    known.set(copied(text), made);
    return made;
  };
}
