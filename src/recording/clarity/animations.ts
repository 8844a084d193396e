// Keyframes and timing of an animation (event 44), JSON in a string: lists of CSS properties with values. Only plain values
// stay; what could hold a text or an address (quotes, `url()`) goes.

import { isObject } from '../../core/json.ts';
import type { UploadCleaning } from '../cleaning.ts';
import { MAX_MEASURE, UNFIT } from '../page/measures.ts';
import type { Field } from './fields.ts';

const MAX_CHARS = 65_536;
const MAX_FRAMES = 1000;
const MAX_PROPERTIES = 100;

const PROPERTY = /^(?:--)?[a-z][a-z0-9-]{0,60}$/i;
const VALUE = /^(?!.*url\()[\w\s.,()%#+*/-]{0,500}$/i;
/** As fine as a place within an animation is seen. */
const FINE = 1e6;

function plain(value: unknown, cleaning: UploadCleaning): string | number | null | undefined {
  if (value === null) return null;
  if (typeof value === 'number')
    return Math.abs(value) <= MAX_MEASURE ? Math.round(value * FINE) / FINE : undefined;
  return typeof value === 'string' && VALUE.test(value) ? cleaning.word(value) : undefined;
}

/** The properties that may leave, in their order. */
function properties(given: Readonly<Record<string, unknown>>, cleaning: UploadCleaning): object {
  const kept: [string, string | number | null][] = [];
  for (const [name, value] of Object.entries(given).slice(0, MAX_PROPERTIES)) {
    if (!PROPERTY.test(name) || cleaning.word(name) !== name) continue;
    const clean = plain(value, cleaning);
    if (clean !== undefined) kept.push([name, clean]);
  }
  return Object.fromEntries(kept);
}

function parsed(text: string): unknown {
  if (text.length > MAX_CHARS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const written = (
  value: object,
  { cleaning, before }: { cleaning: UploadCleaning; before: string },
): string => {
  const after = JSON.stringify(value);
  if (after !== before) cleaning.remarks.add('recording.animation', 'default_deny', 'replace');
  return after;
};

/** Keyframes: a list of objects of properties. */
export const keyframes: Field = (value, { cleaning }) => {
  const frames = typeof value === 'string' ? parsed(value) : undefined;
  if (typeof value !== 'string' || !Array.isArray(frames) || frames.length > MAX_FRAMES) return UNFIT;
  if (!frames.every(isObject)) return UNFIT;
  return written(
    frames.map((frame) => properties(frame, cleaning)),
    { cleaning, before: value },
  );
};

/** One object of properties: timing. */
export const timing: Field = (value, { cleaning }) => {
  const given = typeof value === 'string' ? parsed(value) : undefined;
  if (typeof value !== 'string' || !isObject(given)) return UNFIT;
  return written(properties(given, cleaning), { cleaning, before: value });
};
