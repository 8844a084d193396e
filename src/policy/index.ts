// The registry of gates, which all have a say in every decision; a new one is a file and a line here, and its codes go into
// core/reasons.ts.

import type { ConsentGate, Gate } from '../core/plugin.ts';
import { beforeConsent } from './beforeConsent.ts';
import { explicit } from './explicit.ts';
import { freshness } from './freshness.ts';
import { gpc } from './gpc.ts';
import { country, notice } from './notice.ts';
import { purpose } from './purpose.ts';
import { routing } from './routing.ts';
import { said } from './said.ts';
import { sensitive } from './sensitive.ts';
import { vendor } from './vendor.ts';

/** Asked for every event. */
export const EVENT_GATES = [routing, said, beforeConsent, sensitive] as const satisfies readonly Gate[];

/** Asked once for a destination and a consent state. */
export const CONSENT_GATES = [
  gpc,
  purpose,
  explicit,
  vendor,
  freshness,
  notice,
  country,
] as const satisfies readonly ConsentGate[];
