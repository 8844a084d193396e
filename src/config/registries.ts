// The real registries, as far as configuration derives from them. The one place where configuration meets the plugins.

import { CONSENT_READERS } from '../consent/index.ts';
import { DESTINATION_TYPES } from '../destinations/index.ts';
import { STORE_DRIVERS } from '../store/index.ts';
import type { Registries } from './context.ts';

export const REGISTRIES: Registries = {
  destinations: DESTINATION_TYPES,
  readers: CONSENT_READERS,
  stores: STORE_DRIVERS,
};
