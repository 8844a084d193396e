// The files of deploy/ as a test can run them: named pieces are replaced (ports, paths, certificates) and nothing else. A piece
// that is not there as often as expected is an error, so that a test never runs something other than what it was shown.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const DEPLOY = resolve(import.meta.dirname, '../../deploy');

export interface Change {
  readonly from: string;
  readonly to: string;
  /** How often it stands in the file. Default 1. */
  readonly times?: number;
}

/** All changes are made to the text as it was: what one brings in is not looked at by another. */
export function adapted(text: string, changes: readonly Change[]): string {
  const kept: string[] = [];
  let rest = text;
  const left = new Map(changes.map(({ from, times = 1 }) => [from, times]));
  for (;;) {
    const next = nearest(rest, changes);
    if (next === null) break;
    left.set(next.change.from, (left.get(next.change.from) ?? 0) - 1);
    kept.push(rest.slice(0, next.at), next.change.to);
    rest = rest.slice(next.at + next.change.from.length);
  }
  const wrong = [...left].filter(([, count]) => count !== 0).map(([from]) => from);
  if (wrong.length > 0) throw new Error(`not there as often as expected: ${wrong.join(' | ')}`);
  return [...kept, rest].join('');
}

/** The change whose piece comes first; of two at one place the longer piece. */
function nearest(
  text: string,
  changes: readonly Change[],
): { readonly at: number; readonly change: Change } | null {
  let found: { at: number; change: Change } | null = null;
  for (const change of changes) {
    const at = text.indexOf(change.from);
    if (at < 0) continue;
    if (found === null || at < found.at || (at === found.at && change.from.length > found.change.from.length))
      found = { at, change };
  }
  return found;
}

/** A file of deploy/, adapted. */
export const adaptedFile = (name: string, changes: readonly Change[]): string =>
  adapted(readFileSync(join(DEPLOY, name), 'utf8'), changes);
