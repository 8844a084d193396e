// The recorder's own checksums of values, computed by its own code.

import type { ExecutionContext } from 'ava';
import { bundle, openPage } from '../../support/browser.ts';

/** Bits that the recorder keeps of one. */
const BITS = 28;

export async function checksumsOf(
  t: ExecutionContext,
  values: readonly string[],
): Promise<readonly string[]> {
  const page = await openPage(t);
  await page.evaluate(
    await bundle(`
      import { helper } from 'clarity-js';
      window.checksums = (values) => values.map((value) => helper.hash(value, ${BITS}));
    `),
  );
  const checksums = await page.evaluate(
    (given) => (globalThis as unknown as { checksums(of: readonly string[]): string[] }).checksums(given), // just defined
    values,
  );
  await page.close();
  return checksums;
}
