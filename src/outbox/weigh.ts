// How many bytes an admission is about to take, near enough to bound what waits in memory. One of an event's permitted forms
// is walked and stands for all, as they come from the same event; intake has limited what there is to walk.

import type { Claim } from '../core/consent.ts';
import type { Admission } from '../core/ports.ts';

export function weigh(admission: Admission): number {
  let bytes = 512;
  for (const claim of admission.consent.claims) bytes += weighClaim(claim);
  for (const { permitted } of admission.events)
    bytes += permitted.length * (512 + weighValue(permitted[0]?.data ?? null));
  return bytes;
}

/** A returning visitor's claim is the same object again. */
const claims = new WeakMap<Claim, number>();

function weighClaim(claim: Claim): number {
  let bytes = claims.get(claim);
  if (bytes === undefined) claims.set(claim, (bytes = weighValue(claim)));
  return bytes;
}

/** Goes as deep as the value does, which intake has limited. */
function weighValue(value: unknown): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 6;
  let bytes = 0;
  // The elements of a list are its members too; their names are short enough not to matter.
  for (const name of Object.keys(value))
    bytes += name.length + 4 + weighValue(value[name as keyof typeof value]); // its own key
  return bytes;
}
