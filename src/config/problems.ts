// What can be wrong with a routing file: the table of codes, the problem that carries one, and how it prints. A message may
// hold words of the file, never a value that came from the environment.

/** Where in the file, as keys and indexes from the top. */
export type Path = readonly (string | number)[];

export type Severity = 'error' | 'warning';

export interface Problem {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** Why the rule exists, for people who meet it the first time; rules of `lint/` have one. */
  readonly reason?: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** `destinations.ga4.requires[0]`; empty for the file as a whole. */
  readonly path: string;
}

/** Codes of problems that keep a file from being read. Those of `lint/` are in its own registry. */
export const PROBLEMS = {
  'file-unreadable': 'the routing file cannot be read',
  'file-too-large': 'the routing file is larger than 256 KB, nested too deeply or uses too many aliases',
  'yaml-syntax': 'the file is not YAML 1.2, or uses a tag',
  'duplicate-key': 'a key stands twice in one mapping',
  'bad-reference': 'a reference is neither `${NAME}`, `${NAME:-default}` nor `${file:PATH}`',
  'missing-variable': 'the environment does not have a variable that the file names, or it is empty',
  'unreadable-secret-file': 'a file that the routing file names cannot be read, or is empty',
  'unknown-key': 'the gateway has no such option',
  missing: 'an option that has no default is not there',
  'wrong-type': 'the value is of another type than the option takes',
  'wrong-value': 'the value is not among those that the option takes',
  'unknown-type': 'the gateway has no destination type of this name',
  'unknown-store': 'the gateway has no store driver of this scheme',
  'unknown-site': 'the file has no site of this name',
  'unknown-purpose': 'neither the gateway nor the file knows this purpose',
  'unknown-source': 'the gateway reads no consent source of this name, or it cannot be used here',
  'unknown-system': 'the gateway knows no system of this name',
  'unknown-kind': 'the identifier table has no such kind',
  'unknown-datum': 'neither an identifier kind nor a person field',
  'unknown-category': 'the consent source has no such category',
  'unknown-list': 'no consent source speaks of vendors by a list of this name',
  'unknown-receiver': 'neither a destination of the file nor a system',
  'requires-missing':
    'the type of this destination demands nothing by itself, so the route must say what it requires',
  'id-without-place': 'the destination has no place for an identifier of this kind',
  'treatment-not-allowed': 'the treatment makes no sense for this kind of identifier',
  'link-without-place': 'the destination has no place for ids of other systems',
  'person-without-place': 'the destination has no place for this person field',
  'anonymous-not-possible': 'this type of destination cannot take events that single out nobody',
  'cohort-not-available': 'cohort counts are not available',
  'explicit-from-general':
    'a purpose that must be asked for by name is mapped from a signal that asks for no purpose by name',
  duplicate: 'two entries share what must be of one alone',
  'notices-out-of-order': 'notices stand oldest first, each later than the one before',
  'secrets-missing': 'a gateway that is not on trial needs a secret of its own',
  'admin-without-tokens': 'the admin listener is reachable from elsewhere and nothing guards it',
  'trial-only': 'the file lacks what only the trial does without',
} as const satisfies Record<string, string>;

export type ProblemCode = keyof typeof PROBLEMS;

export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w$-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** By place in the file, then code: the same file always prints the same. */
export const sortProblems = (problems: readonly Problem[]): readonly Problem[] =>
  [...problems].sort(
    (a, b) =>
      a.line - b.line || a.column - b.column || compare(a.code, b.code) || compare(a.message, b.message),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** One problem a line as editors and terminals know it; what a message says on further lines is indented below. */
export const formatProblems = (problems: readonly Problem[], path: string): string =>
  sortProblems(problems)
    .map((each) => {
      const [first = '', ...more] = each.message.split('\n');
      const head = `${path}:${each.line}:${each.column} ${each.severity} ${each.code}  ${first}`;
      const why = each.reason === undefined ? [] : [`why: ${each.reason}`];
      return [head, ...[...more, ...why].map((line) => `    ${line}`)].join('\n');
    })
    .join('\n');
