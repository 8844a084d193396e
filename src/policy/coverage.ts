// What a grant covers: what the notices it was given under and the notice now in force all disclose, and no more.

import type { Disclosure, Notice } from '../core/config.ts';
import type { Purpose } from '../core/consent.ts';
import type { Grounds } from '../core/grounds.ts';

/** What one notice says of one destination; null if it does not name it. */
export const disclosureIn = ({ discloses }: Notice, destination: string): Disclosure | null =>
  Object.hasOwn(discloses, destination) ? (discloses[destination] ?? null) : null;

/** The disclosures of one destination in these notices; null if one of them does not name it. */
export function disclosuresOf(notices: readonly Notice[], destination: string): readonly Disclosure[] | null {
  const found: Disclosure[] = [];
  for (const notice of notices) {
    const disclosure = disclosureIn(notice, destination);
    if (disclosure === null) return null;
    found.push(disclosure);
  }
  return found;
}

/** Does what the person was shown, then and now, name this destination for this purpose? */
export function isDisclosed(purpose: Purpose, destination: string, grounds: Grounds): boolean {
  const notices = grounds.of(purpose).covering;
  if (notices === null) return false;
  for (const notice of notices)
    if (disclosureIn(notice, destination)?.purposes.includes(purpose) !== true) return false;
  return true;
}

/** Granted, in time, and disclosed: the only state of a purpose that opens anything. */
export const isOpen = (purpose: Purpose, destination: string, grounds: Grounds): boolean =>
  grounds.of(purpose).standing === 'granted' && isDisclosed(purpose, destination, grounds);
