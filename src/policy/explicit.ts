// The gate of explicit purposes: some things must be asked for by name, and "accepts cookies" is not that.

import type { Gate } from '../core/plugin.ts';

export const explicit: Gate = {
  name: 'explicit',
  check({ destination, grounds }) {
    return destination.requires
      .filter((name) => grounds.of(name).onlyInGeneral && grounds.of(name).grants.length === 0)
      .map((name) => ({ code: 'explicit_not_asked', detail: name }));
  },
};
