// One policy for what a machine may lack (a browser, a registry): under `CI=true` the test fails, elsewhere it is skipped and
// says why. What a machine cannot be asked to have (a release newer than its own) is skipped under CI too. A skip without a
// reason cannot be written.

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
  return skipping(missing);
}

/** Declares tests of what not every machine can be asked to have: skipped everywhere where `reason` is not null. */
export const skippable = (reason: string | null): Declare => (reason === null ? test : skipping(reason));

function skipping(reason: string): Declare {
  return (title, run) => {
    console.error(`skipped: ${title}: ${reason}`);
    test.skip(title, run);
  };
}
