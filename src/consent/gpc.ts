// Reads Global Privacy Control, from the browser's header or as the page reports it. It can only deny, and only what the
// routing file says it denies.

import type { ConsentReader } from '../core/plugin.ts';
import { claimOf, denialOf, unreadable } from './claims.ts';
import { stated } from './places.ts';

/** A header repeated on the way arrives joined by commas: one `1` is enough. */
const isOn = (header: string): boolean =>
  header.length <= 64 && header.split(',').some((each) => each.trim() === '1');

export const gpc: ConsentReader = {
  source: 'gpc',
  cookies: [],
  read(input, { gpcDenies }) {
    const value = stated(input, 'gpc');
    const reported = value === true || value === 1 || value === '1';
    if (reported || (input.secGpc !== null && isOn(input.secGpc)))
      return [claimOf('gpc', denialOf(gpcDenies))];
    if (value === undefined || value === false || value === 0 || value === '0') return [];
    return [unreadable('gpc', 'gpc_malformed', gpcDenies)];
  },
};
