// Holds what a destination got of a visitor against what the oracle says it may have.

import type { Canary } from './canaries.ts';
import type { EventModel, World } from './oracle.ts';
import { formAt } from './oracle.ts';
import type { Planted, PlantedEvent } from './planting.ts';
import type { DestinationModel } from './routing.ts';
import { needles, Sniffer } from './sniff.ts';
import type { Find, Needle } from './sniff.ts';

export interface Leak {
  readonly destination: string;
  readonly kind: string;
  readonly form: string;
  readonly near: string;
  /** Where it was planted, if it was. */
  readonly planted: readonly Planted[];
  readonly event: string;
}

/** May the canary stand there in this form for any of these events? */
export function mayStand(
  find: Needle,
  destination: DestinationModel,
  world: World,
  events: readonly EventModel[],
): boolean {
  return events.some((event) => {
    const allowed = formAt(find.canary, destination, world, event);
    return allowed === 'raw' || (allowed === 'hash' && find.form === 'sha256');
  });
}

export const describe = (find: Find, destination: string, events: readonly PlantedEvent[]): Leak => ({
  destination,
  kind: find.needle.canary.kind,
  form: find.needle.form,
  near: find.near,
  planted: events.flatMap(({ planted }) => planted.filter(({ kind }) => kind === find.needle.canary.kind)),
  event: events.map(({ model }) => model.name).join(' '),
});

export interface Texts {
  readonly destination: DestinationModel;
  readonly text: string;
}

export const snifferFor = (canaries: readonly Canary[]): Sniffer => new Sniffer(canaries.flatMap(needles));

/** Leaks in what destinations got of these events of one visitor. */
export function leaksIn(
  got: readonly Texts[],
  setting: { readonly sniffer: Sniffer; readonly world: World; readonly events: readonly PlantedEvent[] },
): readonly Leak[] {
  const { sniffer, world, events } = setting;
  const models = events.map(({ model }) => model);
  return got.flatMap(({ destination, text }) =>
    sniffer
      .find(text)
      .filter(({ needle }) => !mayStand(needle, destination, world, models))
      .map((find) => describe(find, destination.name, events)),
  );
}

export const told = (leak: Leak): string =>
  `${leak.destination}: ${leak.kind} (${leak.form}) of a ${leak.event} in …${leak.near.replaceAll('\n', ' ')}…\n${leak.planted
    .map(({ place, encoding, text }) => `    planted in ${place}, ${encoding}: ${text.slice(0, 200)}`)
    .join('\n')}`;
