// How many bytes an admission is about to take, near enough to bound what waits in memory. Iterative and bounded by the
// value's own size, which intake has already limited.

import type { Admission } from '../core/ports.ts';

export function weigh(admission: Admission): number {
  let bytes = 256 + weighValue(admission.consent);
  for (const event of admission.events)
    for (const permitted of event.permitted) bytes += 256 + weighValue(permitted.data);
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
