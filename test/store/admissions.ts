// Small builders for admissions, and a clock that moves when told.

import type { Admission, AdmittedEvent, Clock, Log } from '../../src/core/ports.ts';
import { PermittedEvent } from '../../src/core/permitted.ts';
import type { PermittedData } from '../../src/core/permitted.ts';
import { carry, take } from '../../src/store/carried.ts';
import type { Piece } from '../../src/store/carried.ts';
import { Pieces } from '../../src/workers/protocol.ts';
import { permittedData, state } from '../support/events.ts';
import { NOW } from '../support/snapshot.ts';

/** Later than anything in these tests is due. */
export const LATER = NOW + 365 * 86_400_000;

export interface ManualClock extends Clock {
  pass(ms: number): void;
}

export function manualClock(): ManualClock {
  let passed = 0;
  return {
    now: () => NOW + passed,
    monotonic: () => 1000 + passed,
    pass: (ms) => {
      passed += ms;
    },
  };
}

const nothing = (): void => undefined;
export const quiet: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

let ids = 0;
const nextId = (kind: string): string => `${kind}-${String((ids += 1)).padStart(8, '0')}`;

export interface EventWish {
  readonly dedupe?: string;
  readonly destinations?: readonly string[];
  readonly canary?: string;
  readonly data?: PermittedData;
}

/** Tests may make permitted events the way a store does. */
export function event(wish: EventWish = {}): AdmittedEvent {
  const { destinations = ['ga4'], data, canary } = wish;
  const params = canary === undefined ? {} : { params: { note: canary } };
  return {
    id: nextId('event'),
    dedupe: wish.dedupe ?? null,
    facts: {
      site: 'shop',
      type: 'track',
      name: 'purchase',
      occurredAt: NOW - 1000,
      sensitive: false,
      switchedOff: [],
    },
    destinations: data === undefined ? destinations : destinations.map(() => data.destination),
    permitted: destinations.map((destination) =>
      PermittedEvent.revive(data ?? permittedData({ destination, ...params })),
    ),
    fields: Object.fromEntries(destinations.map((name) => [name, ['ids.ga.client_id', 'page.url']])),
  };
}

export const admission = (over: Partial<Admission> = {}): Admission => ({
  id: nextId('admission'),
  site: 'shop',
  intake: 'segment',
  receivedAt: NOW,
  config: '0123456789abcdef',
  subjects: ['subject-0001'],
  consent: state(),
  events: [event()],
  ...over,
});

/** As it arrives in another thread. */
export function carried(one: Admission): Admission {
  const pieces: Piece[] = [];
  carry(one, pieces);
  const arrived = new Pieces(structuredClone(pieces));
  const taken = take(arrived);
  if (arrived.more) throw new Error('more was written than is read');
  return taken;
}
