// From leased deliveries to requests: batches as large as the vendor takes, in their order. An event that cannot be built
// ends alone and takes no other with it.

import type { Delivery, Lease, Outcome, VendorRequest } from '../core/delivery.ts';
import type { PermittedEvent } from '../core/permitted.ts';
import type { BuildContext, Built, DestinationType } from '../core/plugin.ts';

/** A delivery in our hands, until the monotonic instant at which its lease may end. */
export interface Held {
  readonly lease: Lease;
  readonly delivery: Delivery;
  readonly leaseEndsAt: number;
}

/** Judged again just now, with what may still be sent of it. */
export interface Judged {
  readonly held: Held;
  readonly event: PermittedEvent;
}

export interface Planned {
  readonly request: VendorRequest;
  /** Those that ride in it, in the order of `request.events`. */
  readonly riders: readonly Judged[];
}

export interface Plan {
  readonly requests: readonly Planned[];
  /** Ended without being sent: what the vendor can never take, and what cannot be built. */
  readonly ended: readonly { readonly held: Held; readonly outcome: Outcome }[];
}

type Builder = Pick<DestinationType, 'build' | 'batch'>;

/** Cuts a list into pieces of at most `size`, in order. */
export function chunks<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  const pieces: (readonly T[])[] = [];
  const step = Math.max(1, size);
  for (let at = 0; at < list.length; at += step) pieces.push(list.slice(at, at + step));
  return pieces;
}

/** Builds the requests for these events. Never throws; every event is in a request or has ended. */
export function plan(type: Builder, context: BuildContext<unknown>, judged: readonly Judged[]): Plan {
  if (judged.length === 0) return { requests: [], ended: [] };
  const built = tryBuild(type, context, judged);
  if (built === null)
    return judged.length > 1 ? join(judged.map((one) => plan(type, context, [one]))) : poisoned(judged);
  if (built.requests.some((request) => sizeOf(request) > type.batch.bytes)) {
    if (judged.length === 1) return endAll(judged, { name: 'rejected', code: 'request_too_large' });
    const half = Math.ceil(judged.length / 2);
    return join([plan(type, context, judged.slice(0, half)), plan(type, context, judged.slice(half))]);
  }
  return laidOut(built, judged);
}

/** Null if it threw, or gave back anything but one request or one refusal for each event: both are bugs of the destination. */
function tryBuild(type: Builder, context: BuildContext<unknown>, judged: readonly Judged[]): Built | null {
  try {
    const built = type.build(
      judged.map(({ event }) => event),
      context,
    );
    const indexes = built.requests.flatMap(({ events }) => events);
    for (const { index } of built.refused) indexes.push(index);
    const places = new Set(indexes);
    const once = indexes.length === judged.length && places.size === judged.length;
    const empty = built.requests.some(({ events }) => events.length === 0);
    return once && !empty && judged.every((_, index) => places.has(index)) ? built : null;
  } catch {
    return null;
  }
}

function laidOut(built: Built, judged: readonly Judged[]): Plan {
  const at = (index: number): readonly Judged[] => judged.slice(index, index + 1);
  return {
    requests: built.requests.map((request) => ({ request, riders: request.events.flatMap(at) })),
    ended: built.refused.flatMap(({ index, code }) =>
      at(index).map(({ held }) => ({ held, outcome: { name: 'rejected', code } as const })),
    ),
  };
}

const sizeOf = ({ body }: VendorRequest): number => (body === null ? 0 : Buffer.byteLength(body));

const poisoned = (judged: readonly Judged[]): Plan =>
  endAll(judged, { name: 'poison', code: 'build_failed' });

function endAll(judged: readonly Judged[], outcome: Outcome): Plan {
  return { requests: [], ended: judged.map(({ held }) => ({ held, outcome })) };
}

function join(plans: readonly Plan[]): Plan {
  return {
    requests: plans.flatMap(({ requests }) => requests),
    ended: plans.flatMap(({ ended }) => ended),
  };
}
