// The last gate before an upload leaves: the ids under which other systems know the visitor are looked for in its very text,
// whatever was done to it before.

import type { Needle, Needles } from '../detect/needles.ts';
import { carries } from '../detect/carries.ts';

/** Values below this may stand under two vendors: nobody is told by them. */
const LEAST = 6;
/** The longest number that a measure of a recording (place, time, size) may have. */
const MEASURE = /^\d{1,8}$/;

/** Does this JSON text still hold one of the values? */
export function holdsKnown(body: string, needles: Needles): boolean {
  const words = needles.words.filter(({ value }) => value.length >= LEAST);
  const [numbers, others] = [words.filter(isMeasure), words.filter((needle) => !isMeasure(needle))];
  if (carries(body, { words: others, digests: () => needles.digests() })) return true;
  // A place on the page may be 123456 by chance, so a short number counts within strings only.
  if (numbers.length === 0) return false;
  return carries(stringsOf(body), { words: numbers, digests: () => [] });
}

const isMeasure = ({ value }: Needle): boolean => MEASURE.test(value);

function stringsOf(body: string): string {
  const strings: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') strings.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  collect(JSON.parse(body));
  return strings.join('\n');
}
