// The head of a row: what is needed to queue, find and report its deliveries without opening the payload.

import { parse } from './shape.ts';

/** What a row says about itself without opening its payload. */
export interface Head {
  readonly admission: string;
  readonly site: string;
  readonly config: string;
  readonly receivedAt: number;
  readonly subjects: readonly string[];
  /** Event id, event name, destination, in the order of the body's lines. */
  readonly deliveries: readonly (readonly [event: string, name: string, destination: string])[];
}

/** As it is written: event id, event name and destinations of each event. */
export type RestingHead = Omit<Head, 'deliveries'> & { readonly events: readonly (readonly string[])[] };

/** Null if it cannot be read. */
export function decodeHead(text: string): Head | null {
  const value = parse(text);
  if (!isHead(value)) return null;
  const { events, ...rest } = value;
  const deliveries = events.flatMap(([event = '', name = '', ...destinations]) =>
    destinations.map((destination) => [event, name, destination] as const),
  );
  return { ...rest, deliveries };
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function isHead(value: unknown): value is RestingHead {
  if (typeof value !== 'object' || value === null) return false;
  const { admission, site, config, receivedAt, subjects, events } = value as Partial<RestingHead>; // each is checked below
  return (
    isTexts([admission, site, config]) &&
    Number.isFinite(receivedAt) &&
    isTexts(subjects) &&
    Array.isArray(events) &&
    events.every((one) => isTexts(one) && one.length >= 3)
  );
}
