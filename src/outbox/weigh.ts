// How many bytes an admission is about to take, near enough to bound what waits in memory. One of an event's permitted forms
// is walked and stands for all, as they come from the same event; intake has limited what there is to walk.

import type { Admission } from '../core/ports.ts';

export function weigh(admission: Admission): number {
  let bytes = 256 + weighValue(admission.consent);
  for (const { permitted } of admission.events)
    bytes += permitted.length * (512 + weighValue(permitted[0]?.data ?? null));
  return bytes;
}

function weighValue(root: unknown): number {
  let bytes = 0;
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value === 'string') bytes += value.length + 3;
    else if (typeof value !== 'object' || value === null) bytes += 6;
    else if (Array.isArray(value)) stack.push(...value.values());
    else
      for (const [name, member] of Object.entries(value)) {
        bytes += name.length + 4;
        stack.push(member);
      }
  }
  return bytes;
}
