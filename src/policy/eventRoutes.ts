// Which destinations events are judged for. Those that take recordings only are judged where recordings come in: judging them for
// every event would cost its gates and fill the counts with refusals that say nothing.

import type { Destination, Snapshot } from '../core/config.ts';
import type { DestinationType } from '../core/plugin.ts';

export interface EventRouting {
  readonly snapshot: Snapshot;
  typeOf(name: string): DestinationType | undefined;
}

/** Whatever asks, types come from the one registry. */
const known = new WeakMap<Snapshot, readonly Destination[]>();

/** A type that is not known is refused like any other, and told. */
const takesEvents = (type: DestinationType | undefined): boolean =>
  type === undefined || type.calls.some((call) => call !== 'recording' && call !== 'tag');

/** In the order of the routing file; worked out once for each. */
export function eventRoutes(routing: EventRouting): readonly Destination[] {
  const { snapshot } = routing;
  let routes = known.get(snapshot);
  if (routes === undefined) {
    routes = snapshot.destinations.filter(({ type }) => takesEvents(routing.typeOf(type)));
    known.set(snapshot, routes);
  }
  return routes;
}
