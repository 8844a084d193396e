// Collects the problems of one file, each at its place, and remembers which sections are incomplete because of them, so that
// later checks do not accuse what they cannot see.

import type { z } from 'zod';
import type { ConfigDocument, Places } from './document.ts';
import { pathText, type Path, type Problem, type ProblemCode, type Severity } from './problems.ts';
import type { Section } from './schema.ts';
import { keysAt } from './shape.ts';
import { didYouMean } from './suggest.ts';

export interface Report {
  readonly places: Places;
  readonly problems: Problem[];
  /** Sections of which something had to be left out. */
  readonly incomplete: Set<Section>;
  error(code: ProblemCode, path: Path, message: string): void;
  warning(code: ProblemCode, path: Path, message: string): void;
  /** A word of the file in backticks; what came from the environment shows as `***`. */
  word(path: Path, value: string): string;
}

export function createReport(document: ConfigDocument): Report {
  const { places } = document;
  const problems = [...document.problems];
  const add = (severity: Severity) => (code: ProblemCode, path: Path, message: string) => {
    const place = code === 'unknown-key' ? places.key(path) : places.value(path);
    problems.push({ code, severity, message, ...place, path: pathText(path) });
  };
  return {
    places,
    problems,
    incomplete: new Set(),
    error: add('error'),
    warning: add('warning'),
    word: (path, value) => (places.origin(path) === 'literal' ? `\`${value}\`` : '`***`'),
  };
}

const typeName = (value: unknown): string =>
  value === null
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'a mapping'
        : `a ${typeof value}`;

const EXPECTED: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
};

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

function typeMessage(expected: string, got: unknown): string {
  const wanted = EXPECTED[expected] ?? `a value of type ${expected}`;
  const quote =
    expected === 'string' && (typeof got === 'number' || typeof got === 'boolean')
      ? '; put it in quotes'
      : '';
  return `expected ${wanted}, got ${typeName(got)}${quote}`;
}

interface Part {
  readonly schema: z.core.$ZodType;
  readonly value: unknown;
  readonly at: Path;
}

/** Of a union that fits in no branch, the complaints of the branch that came nearest: not refused at the top for its type. */
function branchOf(errors: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | null {
  const near = errors.filter(
    (branch) => !branch.some((each) => each.path.length === 0 && each.code === 'invalid_type'),
  );
  return near.length === 1 ? (near[0] ?? null) : null;
}

interface Told {
  readonly part: Part;
  readonly report: Report;
  readonly path: Path;
  readonly got: unknown;
}

function toldKeys(issue: z.core.$ZodIssueUnrecognizedKeys, { part, report, path }: Told): void {
  const known = keysAt(part.schema, issue.path) ?? [];
  for (const key of issue.keys)
    report.error(
      'unknown-key',
      [...path, key],
      `there is no option \`${key}\` here${didYouMean(key, known)}`,
    );
}

function toldValues(issue: z.core.$ZodIssueInvalidValue, { report, path, got }: Told): void {
  const known = issue.values.map(String);
  const hint =
    typeof got === 'string' && report.places.origin(path) === 'literal' ? didYouMean(got, known) : '';
  report.error('wrong-value', path, `expected ${known.map((each) => `\`${each}\``).join(', ')}${hint}`);
}

function toldUnion(issue: z.core.$ZodIssueInvalidUnion, { part, report, path }: Told): void {
  const branch = branchOf(issue.errors);
  if (branch === null) report.error('wrong-type', path, 'the value has none of the forms this option takes');
  for (const each of branch ?? []) told({ ...each, path: [...issue.path, ...each.path] }, part, report);
}

function told(issue: z.core.$ZodIssue, part: Part, report: Report): void {
  const path = [...part.at, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
  const got = valueAt(part.value, issue.path);
  const context = { part, report, path, got };
  if (issue.code === 'unrecognized_keys') return toldKeys(issue, context);
  if (issue.code !== 'custom' && got === undefined)
    return report.error('missing', path, `\`${String(issue.path.at(-1) ?? '')}\` is missing`);
  switch (issue.code) {
    case 'invalid_type':
      return report.error('wrong-type', path, typeMessage(issue.expected, got));
    case 'invalid_value':
      return toldValues(issue, context);
    case 'invalid_union':
      return toldUnion(issue, context);
    case 'invalid_key':
      return report.error('wrong-value', path, issue.issues[0]?.message ?? 'not a name that can stand here');
    default:
      return report.error('wrong-value', path, lowerFirst(issue.message));
  }
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

type Issues = readonly z.core.$ZodIssue[];

/** A copy without the keys that nobody knows, and without the options that are wrong, to learn whether the rest is sound. */
function without(value: unknown, issues: Issues): unknown {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    const unknown = issue.code === 'unrecognized_keys';
    const holder = unknown ? valueAt(copy, issue.path) : copy;
    if (typeof holder !== 'object' || holder === null) continue;
    for (const key of unknown ? issue.keys : issue.path.slice(0, 1)) Reflect.deleteProperty(holder, key);
  }
  return copy;
}

export interface Parsed<T> {
  /** Null if nothing can be made of it. */
  readonly value: T | null;
  /** False: something was wrong, and `value` lacks it. It is good for further checks and for nothing else. */
  readonly sound: boolean;
}

/** Parses one part of the file and reports every problem in it. Unknown keys do not make the rest unsound. */
export function parsePart<T>(schema: z.ZodType<T>, part: Omit<Part, 'schema'>, report: Report): Parsed<T> {
  const first = schema.safeParse(part.value);
  if (first.success) return { value: first.data, sound: true };
  const { issues } = first.error;
  for (const issue of issues) told(issue, { ...part, schema }, report);
  const second = schema.safeParse(without(part.value, issues));
  return {
    value: second.success ? second.data : null,
    sound: second.success && issues.every((issue) => issue.code === 'unrecognized_keys'),
  };
}
