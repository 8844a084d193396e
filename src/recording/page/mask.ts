// The forms in which Clarity's own library masks, so that what is masked here plays like what was masked in the browser. A
// masked text tells its length and where its outer white space was, nothing else.

/** Bullet of masked contexts, and the two squares that stand for a letter and a digit in balanced mode. */
const MASKED = /^[\u2022\u25aa\u25ab\s]*$/;
/** Up to 1,679,615 characters. A longer "length" is more likely a word: every lower-case word reads as base36. */
const LENGTH = /^[1-9a-z][0-9a-z]{0,3}$/;
const GROUP = 5;
/** Writing a number in base36 takes five times as long as all else that is done with a text that is masked. */
const LENGTHS: readonly string[] = Array.from({ length: 512 }, (_, length) => length.toString(36));

/** Nothing but masking characters and white space; with `states` also what a checkbox or radio button reports. */
export const isMasked = (value: string, states = false): boolean =>
  MASKED.test(value) || (states && (value === 'true' || value === 'false'));

/** The form of a masked text node, whose id is negative: a length in base36 between white space, or white space alone. */
export const isMaskedLength = (text: string): boolean => {
  const inner = text.trim();
  return inner === '' || LENGTH.test(inner);
};

/** Goes with a negative id. White space stays, because layout hangs on it. */
export function maskedText(text: string): string {
  const inner = text.trim();
  if (inner === '') return text;
  const length = LENGTHS[inner.length] ?? inner.length.toString(36);
  if (inner.length === text.length) return length;
  const start = text.indexOf(inner);
  return `${text.slice(0, start)}${length}${text.slice(start + inner.length)}`;
}

/** Bullets in groups: the length is told only up to the next multiple of five. */
export function maskedValue(text: string): string {
  const groups = Math.floor(text.length / GROUP) + 1;
  return `\u2022\u2022\u2022\u2022\u2022${' \u2022\u2022\u2022\u2022'.repeat(groups - 1)}`;
}
