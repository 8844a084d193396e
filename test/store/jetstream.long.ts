// The replicated store over a real nats-server: the suite, and what only streams can do.

import { conforms } from './conformance.ts';
import { replicatedHarness, withNats } from './streams.ts';

conforms(withNats, 'nats', replicatedHarness);
