// A string with memory of its own. What is cut out of a header is a view of the whole of it, and a cache that keeps the
// cut as a key would keep the header alive.

/** Of text that came in a header: one byte a character. */
export const copied = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
