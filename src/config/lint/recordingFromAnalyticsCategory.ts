// A category of a consent tool that stands for `recording` alone grants it; one that visitors know as statistics must not.

import { builtInTable } from '../purposes.ts';
import type { Finding, LintInput, LintRule } from './rule.ts';

function check({ snapshot }: LintInput): readonly Finding[] {
  const { sources, sole } = snapshot.consent.mapping;
  const statistics = builtInTable()['analytics'] ?? {};
  return Object.entries(sources).flatMap(([source, purposes]) => {
    const known = Object.hasOwn(statistics, source) ? (statistics[source] ?? []) : [];
    const categories = Object.hasOwn(purposes, 'recording') ? (purposes['recording'] ?? []) : [];
    // a shared category never grants; `explicit-purpose-shared` says so
    const counting = categories.filter((each) => known.includes(each) && sole.has(`${source}:${each}`));
    return counting.map((each) => ({
      path: ['consent', 'purposes', 'recording', source],
      message: `\`${each}\` is how \`${source}\` calls statistics; give recordings a category of their own`,
    }));
  });
}

export const recordingFromAnalyticsCategory: LintRule = {
  code: 'recording-from-analytics-category',
  severity: 'error',
  sentence: '`recording` is mapped from the category of a consent tool that stands for statistics',
  reason: 'whoever accepts statistics would be recorded without having been asked',
  refuses: true,
  needs: ['consent'],
  check,
};
