// The registry of intake protocols. Adding one is one file and one line here; the paths it takes are in its own table.

import type { IntakeProtocol } from '../core/plugin.ts';
import { gtag } from './gtag.ts';
import { measurementProtocol } from './measurementProtocol.ts';
import { segment } from './segment.ts';

export const INTAKE_PROTOCOLS = [
  segment,
  gtag,
  measurementProtocol,
] as const satisfies readonly IntakeProtocol[];
