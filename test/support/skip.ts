// One policy for what a machine may lack (a browser, a registry): under `CI=true` the test fails, elsewhere it is skipped and
// says why. A skip without a reason cannot be written.

import test from 'ava';
import type { ExecutionContext } from 'ava';

type Declare = (title: string, run: (t: ExecutionContext) => void | Promise<void>) => void;

/** Declares tests that need something; `missing` says what is not here and how to get it, null: all is here. */
export function needing(missing: string | null): Declare {
  if (missing === null) return test;
  if (process.env['CI'] === 'true')
    return (title) =>
      test(title, (t) => {
        t.fail(missing);
      });
  return (title, run) => {
    console.error(`skipped: ${title}: ${missing}`);
    test.skip(title, run);
  };
}
