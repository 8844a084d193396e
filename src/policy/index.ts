// The registry of gates. All of them run on every decision, in this order; a new one is a file and a line here, and its codes
// go into core/reasons.ts.

import type { Gate } from '../core/plugin.ts';
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

export const GATES = [
  routing,
  said,
  gpc,
  purpose,
  explicit,
  vendor,
  freshness,
  beforeConsent,
  notice,
  country,
  sensitive,
] as const satisfies readonly Gate[];
