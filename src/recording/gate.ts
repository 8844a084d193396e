// The last gate before an upload leaves: the ids under which other systems know the visitor are looked for in its very text,
// whatever was done to it before.

import type { CleanedUpload } from '../core/recording.ts';
import type { Needle, Needles } from '../detect/needles.ts';
import { carries } from '../detect/carries.ts';
import type { UploadCleaning } from './cleaning.ts';

/** Values below this may stand under two vendors: nobody is told by them. */
const LEAST = 6;
/** The longest number that a measure of a recording (place, time, size) may have. */
const MEASURE = /^\d{1,8}$/;

/** What leaves of an upload that was cleaned: all of it, or nothing where one of the ids still stands in it. */
export function released(body: string, { needles, remarks }: UploadCleaning): CleanedUpload {
  const held = needles !== null && holdsKnown(body, needles);
  if (held) remarks.add('recording', 'carried_value', 'strip');
  return { body: held ? null : body, remarks: remarks.list() };
}

/** Does this JSON text still hold one of the values? */
function holdsKnown(body: string, needles: Needles): boolean {
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
