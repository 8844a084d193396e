// Reads the body of an upload into its three lists. What is no upload at all is refused; what single events hold is not looked at here.

import { readObject, refuse } from '../body.ts';

export type Events = readonly (readonly unknown[])[];

export interface Body {
  readonly envelope: readonly unknown[];
  readonly analysis: Events;
  /** Absent in uploads without playback data. */
  readonly playback: Events | null;
}

/** An object of lists of events, of which some hold lists, is four levels deep. No event holds an object. */
const SHAPE = { depth: 9, objects: false };

export function readBody(bytes: Uint8Array): Body {
  const body = readObject(bytes, SHAPE);
  const { e, a, p } = body;
  const names = Object.keys(body).length;
  if (
    !Array.isArray(e) ||
    !isEvents(a) ||
    !(p === undefined || isEvents(p)) ||
    names !== (p === undefined ? 2 : 3)
  )
    throw refuse('the upload must hold an envelope `e`, events `a` and at most playback events `p`');
  return { envelope: e, analysis: a, playback: p ?? null };
}

const isEvents = (value: unknown): value is Events =>
  Array.isArray(value) && value.every((event) => Array.isArray(event));
