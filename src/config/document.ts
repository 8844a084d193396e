// The routing file as YAML: plain values with references filled in, and the place of every key and value. Reading is
// bounded (size, depth, nodes, aliases), whatever the file holds.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document as YamlDocument,
  type Node,
  type YAMLMap,
} from 'yaml';
import { pathText, type Path, type Problem, type ProblemCode } from './problems.ts';
import { interpolate, type Origin, type Surroundings } from './secret.ts';

const MAX_CHARS = 262_144;
const MAX_DEPTH = 32;
const MAX_NODES = 20_000;
const MAX_ALIASES = 100;

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Finds things of the file again, by path. What is not there is placed at its nearest parent. */
export interface Places {
  value(path: Path): Place;
  key(path: Path): Place;
  /** Where a string came from; values other than strings are literal. */
  origin(path: Path): Origin;
  has(path: Path): boolean;
}

export interface ConfigDocument {
  /** Null if the file could not be read as YAML at all. */
  readonly root: Readonly<Record<string, unknown>> | null;
  readonly places: Places;
  readonly problems: readonly Problem[];
}

interface Found {
  readonly value: number;
  readonly key: number;
  readonly origin: Origin;
}

interface Walk {
  readonly document: YamlDocument;
  readonly surroundings: Surroundings;
  readonly found: Map<string, Found>;
  readonly faults: { code: ProblemCode; message: string; path: Path; offset: number }[];
  nodes: number;
  aliases: number;
  full: boolean;
}

const id = (path: Path): string => path.join('\0');
const offsetOf = (node: unknown): number | null =>
  isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? null) : null;

function overflow(walk: Walk, path: Path, offset: number): null {
  if (!walk.full) {
    const message = `more than ${MAX_DEPTH} levels, ${MAX_ALIASES} aliases or ${MAX_NODES} values`;
    walk.faults.push({ code: 'file-too-large', message, path, offset });
  }
  walk.full = true;
  return null;
}

function mapping(node: YAMLMap, path: Path, walk: Walk): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const pair of node.items) {
    const keyOffset = offsetOf(pair.key) ?? 0;
    const key = isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : '';
    if (key === '' || Object.hasOwn(Object.prototype, key)) {
      const message = 'not a name that an option can have';
      walk.faults.push({ code: 'unknown-key', message, path, offset: keyOffset });
      continue;
    }
    if (Object.hasOwn(result, key))
      walk.faults.push({ code: 'duplicate-key', message: 'this key stands twice', path, offset: keyOffset });
    // the parser types values as unknown; a parsed document holds nodes or null
    result[key] = convert(pair.value as Node | null, { path: [...path, key], key: keyOffset }, walk);
  }
  return result;
}

function scalar(
  value: unknown,
  path: Path,
  place: { walk: Walk; offset: number },
): { value: unknown; origin: Origin } {
  if (typeof value !== 'string') return { value, origin: 'literal' };
  const result = interpolate(value, place.walk.surroundings);
  for (const fault of result.faults) place.walk.faults.push({ ...fault, path, offset: place.offset });
  return result;
}

function convert(node: Node | null, at: { path: Path; key: number }, walk: Walk): unknown {
  const { path, key } = at;
  const offset = offsetOf(node) ?? key;
  walk.nodes += 1;
  if (walk.full || walk.nodes > MAX_NODES || path.length > MAX_DEPTH) return overflow(walk, path, offset);
  walk.found.set(id(path), { value: offset, key, origin: 'literal' });
  if (isAlias(node)) {
    walk.aliases += 1;
    if (walk.aliases > MAX_ALIASES) return overflow(walk, path, offset);
    return convert(node.resolve(walk.document) ?? null, { path, key: offset }, walk);
  }
  if (isMap(node)) return mapping(node, path, walk);
  if (isSeq(node))
    return node.items.map((item, index) => {
      const child = [...path, index];
      // as for mappings: items of a parsed sequence are nodes or null
      return convert(item as Node | null, { path: child, key: offsetOf(item) ?? offset }, walk);
    });
  if (!isScalar(node)) return null;
  const { value, origin } = scalar(node.value, path, { walk, offset });
  walk.found.set(id(path), { value: offset, key, origin });
  return value;
}

function placesOf(found: ReadonlyMap<string, Found>, lines: LineCounter): Places {
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const nearest = (path: Path): { entry: Found | undefined; exact: boolean } => {
    for (let length = path.length; length >= 0; length -= 1) {
      const entry = found.get(id(path.slice(0, length)));
      if (entry !== undefined) return { entry, exact: length === path.length };
    }
    return { entry: undefined, exact: false };
  };
  return {
    value: (path) => {
      const { entry, exact } = nearest(path);
      return place(exact ? (entry?.value ?? 0) : (entry?.key ?? 0));
    },
    key: (path) => place(nearest(path).entry?.key ?? 0),
    origin: (path) => found.get(id(path))?.origin ?? 'literal',
    has: (path) => found.has(id(path)),
  };
}

function parse(text: string, lines: LineCounter): YamlDocument | null {
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      uniqueKeys: false, // found below in one pass; the parser compares every key with every other
      stringKeys: true,
      prettyErrors: false,
      lineCounter: lines,
    });
  } catch {
    return null; // the parser recurses; a file nested thousands of levels deep overflows its stack
  }
}

const whole = (code: ProblemCode, message: string): Problem => ({
  code,
  severity: 'error',
  message,
  line: 1,
  column: 1,
  path: '',
});

function syntaxProblems(document: YamlDocument, lines: LineCounter): readonly Problem[] {
  return [...document.errors, ...document.warnings].map((error): Problem => {
    const { line, col } = lines.linePos(error.pos[0]);
    return {
      code: 'yaml-syntax',
      severity: 'error',
      message: lowerFirst(error.message.split('\n')[0] ?? ''),
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: '',
    };
  });
}

export function readDocument(text: string, surroundings: Surroundings): ConfigDocument {
  const lines = new LineCounter();
  const places = placesOf(new Map(), lines);
  if (text.length > MAX_CHARS)
    return { root: null, places, problems: [whole('file-too-large', 'the file is larger than 256 KB')] };
  const document = parse(text, lines);
  if (document === null)
    return { root: null, places, problems: [whole('file-too-large', 'the file is nested too deeply')] };
  const syntax = syntaxProblems(document, lines);
  const walk: Walk = {
    document,
    surroundings,
    found: new Map(),
    faults: [],
    nodes: 0,
    aliases: 0,
    full: false,
  };
  const root = document.errors.length > 0 ? null : convert(document.contents, { path: [], key: 0 }, walk);
  const found = placesOf(walk.found, lines);
  const faults = walk.faults.map(({ code, message, path, offset }): Problem => {
    const { line, col } = lines.linePos(offset);
    return { code, severity: 'error', message, line, column: col, path: pathText(path) };
  });
  const problems = [...syntax, ...faults];
  if (isMapping(root) && !walk.full) return { root, places: found, problems };
  if (problems.length === 0) problems.push(whole('wrong-type', 'the file must be a mapping of options'));
  return { root: null, places: found, problems };
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
