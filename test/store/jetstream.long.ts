// The replicated store over a real nats-server: the suite, and what only streams can do.

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { missingNats } from '../support/nats.ts';
import { needing } from '../support/skip.ts';
import { conforms } from './conformance.ts';
import { replicatedHarness } from './streams.ts';

const missing = missingNats();
/** One after the other: each has servers of its own. */
const withNats =
  missing === null
    ? (title: string, run: (t: ExecutionContext) => Promise<void>) => {
        test.serial(title, run);
      }
    : needing(missing);

conforms(withNats, 'nats', replicatedHarness);
