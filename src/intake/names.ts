// Event names: Segment's spec names and their spellings become canonical, all others become words of letters, digits and `_`.

import { EVENTS } from '../core/vocabulary.ts';
import { remembered } from './remembered.ts';

const MAX_NAME = 40;
const WIRE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;
/**
 * Addresses, long numbers and escapes name nothing. They are refused here, before spaces, signs and case are gone: in snake case
 * no scan would know an e-mail address or a phone number again.
 */
const NO_NAME = /@|\d{7}|\d(?:[\s().+/-]{0,3}\d){8}|%[0-9a-f]{2}|&#|\\[ux]/i;
const NAMELESS = 'custom_event';
/** One word in camel case, such as `OrderCompleted`; `iPhone Clicked` is two words and keeps its humps. */
const CAMEL = /^[A-Za-z0-9]+$/;

/** `Trial Started` → `trial_started`. Accents go, other scripts too; a name has to begin with a letter. */
export function snakeCase(name: string): string {
  // Marks, and what nobody sees: a soft hyphen would cut an id in two, and no scan would know the halves.
  const plain = name
    .slice(0, 200)
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}]/gu, '');
  if (NO_NAME.test(plain)) return NAMELESS;
  const words = CAMEL.test(plain) ? plain.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2') : plain;
  const snake = words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
  if (snake === '') return NAMELESS;
  return (/^[a-z]/.test(snake) ? snake : `event_${snake}`).slice(0, MAX_NAME).replace(/_$/, '');
}

const CANONICAL: ReadonlyMap<string, string> = new Map(
  Object.entries(EVENTS).flatMap(([canonical, entry]) =>
    entry.segment.map((name) => [snakeCase(name), canonical] as const),
  ),
);

/** Canonical name of a Segment track call. Remembered: 0.04 µs instead of 0.5. */
export const trackName = remembered((name: string): string => {
  const snake = snakeCase(name);
  return CANONICAL.get(snake) ?? snake;
});

/** Names of Google's protocols are canonical already; only what cannot be a name is rewritten. */
export const wireName = (name: string): string =>
  WIRE_NAME.test(name) && !NO_NAME.test(name) ? name : snakeCase(name);
