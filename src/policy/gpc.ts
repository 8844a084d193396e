// The gate of Global Privacy Control: the browser's own no, which nothing that is granted outweighs.

import type { Gate } from '../core/plugin.ts';

export const gpc: Gate = {
  name: 'gpc',
  check({ destination, grounds }) {
    return destination.requires
      .filter((name) => grounds.of(name).denials.some((denial) => denial.source === 'gpc'))
      .map((name) => ({ code: 'gpc', detail: name }));
  },
};
