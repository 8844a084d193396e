// The two wildcards of the routing file: `*` within a path segment or name, `**` across segments. Anything else is literal.

const cache = new Map<string, RegExp>();

function compile(pattern: string): RegExp {
  const body = pattern
    .split(/(\/\*\*$|\*\*\/|\*+)/)
    .map((part) => {
      if (part === '/**') return '(?:/.*)?';
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (/^\*+$/.test(part)) return part.length === 1 ? '[^/]*' : '.*';
      return part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    })
    .join('');
  return new RegExp(`^${body}$`, 'i');
}

/** Does the text match the pattern? Patterns come from config, so the cache is bounded by it. Case does not matter. */
export function matchesGlob(text: string, pattern: string): boolean {
  let regex = cache.get(pattern);
  if (regex === undefined) {
    if (cache.size > 10_000) cache.clear();
    regex = compile(pattern);
    cache.set(pattern, regex);
  }
  return regex.test(text);
}
