// What of a vendor's answer to a recording goes back to the page: two words, written anew. All others make the recorder load
// scripts or read out what the page masks.

/**
 * `END`: record no more of this page. `UPGRADE`: send what was held back for playback. `EXTRACT` reads text of the page unmasked,
 * `MODULE` loads a script, `ACTION` and `SIGNAL` call functions of the page, `SNAPSHOT` does nothing in the builds that are used.
 */
const HARMLESS: ReadonlySet<string> = new Set(['END', 'UPGRADE']);

/**
 * Read as clarity-js 0.8.70 does: lines end at a line feed and nowhere else, the word ends at the first space and nowhere else,
 * capitals count. What follows the word is dropped, and so is every line whose word is not exactly one of ours; as the answer is
 * made of our own two words, nothing can stand hidden in it.
 */
export function harmlessWords(answer: string): string {
  const found = new Set<string>();
  for (const line of answer.split('\n')) {
    const space = line.indexOf(' ');
    const word = space === -1 ? line : line.slice(0, space);
    if (HARMLESS.has(word)) found.add(word);
  }
  return [...found].join('\n');
}
