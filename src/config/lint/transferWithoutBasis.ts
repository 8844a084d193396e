// Data that leaves the European Economic Area needs a ground that somebody has written down.

import type { Recipient, Snapshot } from '../../core/config.ts';
import { at, recipients, type LintRule } from './rule.ts';

const EEA = 'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO';
/** Countries whose protection the Commission has found adequate as a whole. */
const ADEQUATE = 'AD AR CA CH FO GB GG IL IM JE JP KR NZ UY';
const COVERED = new Set(`${EEA} ${ADEQUATE}`.split(' '));

/** Where the data goes: what the route says, else what the newest notice says. */
function countryOf(destination: Recipient, { notices }: Snapshot): string | null {
  if (destination.transfer !== null) return destination.transfer.country;
  const newest = notices.findLast((each) => Object.hasOwn(each.discloses, destination.name));
  return newest?.discloses[destination.name]?.country ?? null;
}

export const transferWithoutBasis: LintRule = {
  code: 'transfer-without-basis',
  severity: 'warning',
  sentence: 'data goes to a country without an adequacy decision and the file names no basis',
  reason:
    'a transfer out of the EEA needs a ground; whoever asks will want to see which one and when it was checked',
  refuses: false,
  needs: [],
  check: (input) =>
    recipients(input).flatMap((destination) => {
      const country = countryOf(destination, input.snapshot);
      if (country === null || COVERED.has(country)) return [];
      if (destination.transfer !== null && destination.transfer.basis !== null) return [];
      const message = `\`${destination.name}\` sends to \`${country}\`: add \`transfer: { country: ${country}, basis: …, checked: … }\``;
      return [
        { path: destination.transfer === null ? at(destination) : at(destination, 'transfer'), message },
      ];
    }),
};
