// The rule file as data, and a copy of it in which everything that takes time takes less: for a test that wants to see within
// seconds what takes hours in production.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

export const DEPLOY = resolve(import.meta.dirname, '../../deploy');
export const RULES = join(DEPLOY, 'prometheus/alerts.yaml');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Group {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly Rule[];
}

export interface RuleFile {
  readonly groups: readonly Group[];
}

export const readRules = (): RuleFile => parse(readFileSync(RULES, 'utf8')) as RuleFile; // promtool checks its form

export const rulesOf = ({ groups }: RuleFile): readonly Rule[] => groups.flatMap(({ rules }) => rules);

export const alertsOf = (file: RuleFile): readonly (Rule & { readonly alert: string })[] =>
  rulesOf(file).flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]));

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A duration as Prometheus writes it, in ms. */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdw])/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text)
    throw new SyntaxError(`\`${text}\` is no duration`);
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

export const shortDuration = (text: string, by: number): string => `${Math.round(durationMs(text) / by)}ms`;

/** Ranges, offsets, and seconds written as products (`30 * 60`). */
export const shortExpression = (expr: string, by: number): string =>
  expr
    .replaceAll(/\[(\w+)\]/g, (_, range: string) => `[${shortDuration(range, by)}]`)
    .replaceAll(/\boffset (\w+)/g, (_, offset: string) => `offset ${shortDuration(offset, by)}`)
    .replaceAll(/\b(\d+(?:\.\d+)?) \* (60|3600)\b/g, (_, count: string, unit: string) =>
      String((Number(count) * Number(unit)) / by),
    );

const shortRule = (rule: Rule, by: number): Rule => ({
  ...rule,
  expr: shortExpression(rule.expr, by),
  ...(rule.for === undefined ? {} : { for: shortDuration(rule.for, by) }),
});

/** The same rules in a world whose clock runs `by` times as fast. Counts and shares stay. */
export const shortened = ({ groups }: RuleFile, by: number): RuleFile => ({
  groups: groups.map(({ name, interval, rules }) => ({
    name,
    interval: shortDuration(interval, by),
    rules: rules.map((rule) => shortRule(rule, by)),
  })),
});
