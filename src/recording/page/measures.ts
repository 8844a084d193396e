// What recorders measure on a page, as it may leave: numbers bounded to what a page can have, so that none has room for a card or a
// phone.

/** Stands for a value that is none of its kind. */
export const UNFIT: unique symbol = Symbol('unfit');

/** Seven digits: more pixels than browsers lay out, and one less than the shortest phone number that is looked for. */
export const MAX_MEASURE = 9_999_999;

/** Numbers of a range. Hundredths are as fine as recorders' own measures. */
export const number =
  (min: number, max: number) =>
  (value: unknown): unknown => {
    if (typeof value !== 'number' || value < min || value > max) return UNFIT;
    return Number.isInteger(value) ? value : Math.round(value * 100) / 100;
  };

export const measure = number(-MAX_MEASURE, MAX_MEASURE);

/** A size of window or document, which playback cannot do without: out of bounds it is brought within them. */
export const size = (value: unknown): unknown =>
  typeof value !== 'number' ? UNFIT : Math.min(MAX_MEASURE, Math.max(0, Math.round(value)));
