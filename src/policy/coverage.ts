// What a grant covers: what the notices it was given under and the notice now in force all disclose, and no more.

import type { Disclosure, Notice } from '../core/config.ts';
import type { Purpose } from '../core/consent.ts';
import type { Ground, Grounds } from '../core/grounds.ts';

/** The notices that must all disclose a thing for this ground to cover it: those seen by its oldest grant, and today's. Null if there is none. */
export function noticesOf(ground: Ground, grounds: Grounds): readonly Notice[] | null {
  const oldest = ground.grants[0];
  if (oldest === undefined || oldest.seen.length === 0 || grounds.current === null) return null;
  return oldest.seen.includes(grounds.current) ? oldest.seen : [...oldest.seen, grounds.current];
}

/** The disclosures of one destination in these notices; null if one of them does not name it. */
export function disclosuresOf(notices: readonly Notice[], destination: string): readonly Disclosure[] | null {
  const found = notices.map((notice) =>
    Object.hasOwn(notice.discloses, destination) ? notice.discloses[destination] : undefined,
  );
  return found.every((each) => each !== undefined) ? found : null;
}

/** Does what the person was shown, then and now, name this destination for this purpose? */
export function isDisclosed(purpose: Purpose, destination: string, grounds: Grounds): boolean {
  const notices = noticesOf(grounds.of(purpose), grounds);
  if (notices === null) return false;
  const disclosures = disclosuresOf(notices, destination);
  return disclosures !== null && disclosures.every((each) => each.purposes.includes(purpose));
}

/** Granted, in time, and disclosed: the only state of a purpose that opens anything. */
export const isOpen = (purpose: Purpose, destination: string, grounds: Grounds): boolean =>
  grounds.of(purpose).standing === 'granted' && isDisclosed(purpose, destination, grounds);
