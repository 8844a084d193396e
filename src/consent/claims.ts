// Builds claims from what a signal says of its own categories. A purpose is granted only if the mapping names at least one
// category for it and all of them are granted; any refused category denies it.

import type { PurposeMapping } from '../core/config.ts';
import type { Answer, Answers, Claim, Purpose } from '../core/consent.ts';
import { SILENT_CLAIM } from '../core/consent.ts';
import type { FaultCode } from './faults.ts';

type Rows = Readonly<Record<Purpose, readonly string[]>>;

const NO_ROWS: Rows = {};

/** The purposes that the mapping has for a source. */
export const rowsOf = (mapping: PurposeMapping, source: string): Rows =>
  Object.hasOwn(mapping.sources, source) ? (mapping.sources[source] ?? NO_ROWS) : NO_ROWS;

/** The ids that destinations have on a vendor list. */
export const vendorsOf = (mapping: PurposeMapping, list: string): readonly string[] =>
  Object.hasOwn(mapping.vendors, list) ? (mapping.vendors[list] ?? []) : [];

/** What one purpose's categories come to; undefined is silence. */
export function answerBy(
  categories: readonly string[],
  says: (category: string) => Answer | undefined,
): Answer | undefined {
  let all = categories.length > 0;
  for (const category of categories) {
    const answer = says(category);
    if (answer === 'denied') return 'denied';
    if (answer !== 'granted') all = false;
  }
  return all ? 'granted' : undefined;
}

/** What a signal that speaks of categories says of each purpose that is mapped from its source. */
export function answersBy(rows: Rows, says: (category: string) => Answer | undefined): Answers {
  const answers: Record<Purpose, Answer> = {};
  for (const purpose of Object.keys(rows)) {
    const answer = answerBy(rows[purpose] ?? [], says);
    if (answer !== undefined) answers[purpose] = answer;
  }
  return answers;
}

export function denialOf(purposes: readonly Purpose[]): Answers {
  const answers: Record<Purpose, Answer> = {};
  for (const purpose of purposes) answers[purpose] = 'denied';
  return answers;
}

/** Granted purposes all of whose categories stand for that purpose alone: they count as asked for by name. */
export function namedAlone(mapping: PurposeMapping, source: string, answers: Answers): readonly Purpose[] {
  const rows = rowsOf(mapping, source);
  return Object.keys(answers).filter(
    (purpose) =>
      answers[purpose] === 'granted' &&
      (rows[purpose] ?? []).every((category) => mapping.sole.has(`${source}:${category}`)),
  );
}

type Extra = Partial<Omit<Claim, 'source' | 'purposes'>>;

export const claimOf = (source: string, purposes: Answers, extra: Extra = {}): Claim => ({
  ...SILENT_CLAIM,
  source,
  purposes,
  ...extra,
});

/** A signal that is there but cannot be read: it denies every purpose it could have spoken about. */
export const unreadable = (source: string, code: FaultCode, purposes: readonly Purpose[]): Claim =>
  claimOf(source, denialOf(purposes), { unreadable: code });

/** The claim of a source whose categories the routing file maps. */
export function categoryClaim(
  source: string,
  mapping: PurposeMapping,
  options: { readonly says: (category: string) => Answer | undefined } & Extra,
): Claim {
  const { says, ...extra } = options;
  const answers = answersBy(rowsOf(mapping, source), says);
  return claimOf(source, answers, { byName: namedAlone(mapping, source, answers), ...extra });
}
