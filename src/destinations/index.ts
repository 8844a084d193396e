// The registry of destination types. Config schema, `check`, `explain`, metric labels and README tables derive from it.

import type { DestinationType } from '../core/plugin.ts';
import { clarity } from './clarity.ts';
import { ga4 } from './ga4.ts';
import { http } from './http.ts';
import { hubspot } from './hubspot.ts';
import { log } from './log.ts';
import { matomo } from './matomo.ts';
import { meta } from './meta.ts';
import { nothing } from './null.ts';
import { x } from './x.ts';

// Settings reach a type only after its own schema parsed them, so each may stand here as a type of unknown settings.
export const DESTINATION_TYPES = [
  ga4,
  hubspot,
  meta,
  x,
  matomo,
  clarity,
  http,
  log,
  nothing,
] as const satisfies readonly DestinationType[];

const BY_TYPE: ReadonlyMap<string, DestinationType> = new Map(
  DESTINATION_TYPES.map((entry) => [entry.type, entry]),
);

/** Looks up a destination type by the name that `type:` gives. */
export const destinationType = (name: string): DestinationType | undefined => BY_TYPE.get(name);
