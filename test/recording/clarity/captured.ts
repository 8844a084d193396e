// Uploads of the real library, captured in a browser, as the tests of DOM events see them: the events that say where somebody
// clicked and typed and those that build the page, in the order of their times; and the secrets that were planted.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleaning } from '../../../src/recording/cleaning.ts';
import { cleanDom } from '../../../src/recording/clarity/dom.ts';
import type { PageVisit } from '../../../src/recording/page/visit.ts';

const FOLDER = join(import.meta.dirname, 'captures');
const DOM: readonly unknown[] = [5, 6, 43];
/** Events that name a node which somebody uses: click, mouse, touch, input, paste, submit, change, pointer. */
const TOUCHES: readonly unknown[] = [9, 12, 13, 14, 16, 17, 27, 38, 39, 42, 48, 53];

export type Event = readonly unknown[];

export interface Capture {
  readonly name: string;
  readonly envelope: Event;
  readonly events: readonly Event[];
}

export interface Secret {
  readonly value: string;
  readonly level: 'must' | 'should' | 'site-intended';
  readonly prefixMin?: number;
}

export interface Scenario {
  readonly name: string;
  readonly captures: readonly Capture[];
  readonly secrets: readonly Secret[];
}

interface Body {
  readonly e: Event;
  readonly a: readonly Event[];
  readonly p?: readonly Event[];
}

interface Manifest {
  readonly sessions: Readonly<
    Record<string, { readonly files: readonly string[]; readonly secrets: readonly Secret[] }>
  >;
}

// Both are part of the tests.
const manifest = JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8')) as Manifest;

function capture(name: string): Capture {
  const { e, a, p } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Body;
  const events = [...a, ...(p ?? [])].sort((one, other) => Number(one[0]) - Number(other[0]));
  return { name, envelope: e, events };
}

export const SCENARIOS: readonly Scenario[] = Object.entries(manifest.sessions).map(
  ([name, { files, secrets }]) => ({
    name,
    captures: files.map(capture),
    secrets,
  }),
);

export const isDom = (event: Event): boolean => DOM.includes(event[1]);

export const DOM_EVENTS: readonly Event[] = SCENARIOS.flatMap(({ captures }) =>
  captures.flatMap(({ events }) => events.filter(isDom)),
);

/** Cleans the DOM events of an upload the way the cleaner does: touches first, where they came first. */
export function cleanCapture(
  { events }: Pick<Capture, 'events'>,
  visit: PageVisit,
  cleaning: Cleaning,
): readonly unknown[][] {
  const clean: unknown[][] = [];
  for (const event of events) {
    if (isDom(event)) {
      const made = cleanDom(event, visit, cleaning);
      if (made !== null) clean.push(made);
    } else if (TOUCHES.includes(event[1]) && typeof event[2] === 'number')
      visit.touched(event[2], Number(event[0]));
  }
  return clean;
}
