// Compares uploads as the recorder sent them with what arrived of them: the same events at the same times and places, the same tree
// of nodes. Only texts may differ, and what the gateway drops is named here.

import { decode } from 'clarity-decode';
import type { Layout } from 'clarity-decode';
import { eventsOf, read } from './expand.ts';

/** Event types that never leave; of tags, custom events and dimensions less than all may. */
const DROPPED = new Set([23, 30, 32, 37, 40, 41, 49]);
const LISTED = new Set([1, 24, 34]);
/** Without a word in them: they arrive as they were sent. */
const SAME = new Set([
  0, 2, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 25, 26, 28, 29, 35, 36, 38, 39, 45, 47, 50, 52,
  53,
]);
const DOM = new Set([5, 6, 43]);

const typeOf = (event: readonly unknown[]): number => Number(event[1]);
const isLeft = (event: readonly unknown[]): boolean =>
  !DROPPED.has(typeOf(event)) && !LISTED.has(typeOf(event)) && typeOf(event) < 54;

/** An event without its strings, each at its place. */
const numbers = (event: readonly unknown[]): unknown[] =>
  event.map((field) => (typeof field === 'string' ? '' : field));

/** The nodes of one event as the vendor reads them, and where they hang. */
const nodes = (event: Layout.DomEvent): unknown[] =>
  event.data.map(({ id, parent, previous, tag }) => [Math.abs(id), parent, previous, tag ?? null]);

function eventDifferences(sent: readonly unknown[], arrived: readonly unknown[] | undefined): string | null {
  const [type, name] = [typeOf(sent), `event ${typeOf(sent)} at ${String(sent[0])}`];
  if (arrived === undefined || typeOf(arrived) !== type || arrived[0] !== sent[0])
    return `${name} is not there`;
  if (DOM.has(type)) return null; // by their nodes
  const [before, after] = SAME.has(type) ? [sent, arrived] : [numbers(sent), numbers(arrived)];
  return JSON.stringify(before) === JSON.stringify(after)
    ? null
    : `${name}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`;
}

/** Names of the envelope's fields that have to be the same: all but ids and address. */
const ENVELOPE = {
  version: 0,
  sequence: 1,
  start: 2,
  duration: 3,
  project: 4,
  page: 7,
  upload: 8,
  end: 9,
  platform: 10,
};

function envelopeDifferences(sent: readonly unknown[], arrived: readonly unknown[]): string[] {
  const names = Object.entries(ENVELOPE).filter(([, index]) => sent[index] !== arrived[index]);
  const different = names.map(([name]) => `envelope: ${name}`);
  return sent.length === arrived.length ? different : [...different, 'envelope: length'];
}

/** The decoder puts style sheets among them, which have none. */
const nodesOf = (text: string): unknown[][] =>
  (decode(text).dom ?? [])
    .filter(({ event }) => DOM.has(event))
    .map((event) => [event.time, event.event, ...nodes(event)]);

/** What differs between an upload and what arrived of it, though it should not. */
export function differences(sent: string, arrived: string): string[] {
  const [before, after] = [eventsOf(sent).filter(isLeft), eventsOf(arrived).filter(isLeft)];
  const events = before.map((event, index) => eventDifferences(event, after[index]));
  const more = eventsOf(arrived).filter((event) => DROPPED.has(typeOf(event)) || typeOf(event) >= 54);
  const [tree, treeAfter] = [nodesOf(sent), nodesOf(arrived)];
  return [
    ...envelopeDifferences(read(sent).e, read(arrived).e),
    ...events.filter((each) => each !== null),
    ...(before.length === after.length ? [] : [`${before.length} events became ${after.length}`]),
    ...more.map((event) => `event ${typeOf(event)} left`),
    ...tree.flatMap((event, index) =>
      JSON.stringify(event) === JSON.stringify(treeAfter[index])
        ? []
        : [`nodes: ${JSON.stringify(event)} became ${JSON.stringify(treeAfter[index])}`],
    ),
  ];
}
