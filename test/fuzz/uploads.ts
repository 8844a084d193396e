// Uploads of recordings spoiled in every way between the browser and here: as bytes, and as events that no client would send.

import type { Dice } from './dice.ts';

type Event = unknown[];
interface Upload {
  e: Event;
  a: Event[];
  p?: Event[];
}

/** Words, numbers and shapes that stand where something else should. */
const FOREIGN: readonly unknown[] = [
  '', ' ', 0, -0, 1, -1, 5, 42, 1.5, 1e308, -1e308, 2 ** 31, 2 ** 53, 1e-7, null, true, false, [], [[]], [0], [-1], [1e9], ['x'],
  [[[[1]]]], 'x'.repeat(300), 'x'.repeat(40_000), '*T', '*S', '*P', '*M', '*D', 'HTML', 'INPUT', 'TEXTAREA', 'svg:STYLE', 'iframe:HTML',
  'value=', '=', '==', 'class=', '=x', '#1.1', '#', '-1', '•••••', '▪▫', '%', '%00', '%E0%A4%A', '%25'.repeat(200), '\u0000', '\ud800',
  '\udfff\ud800', '\u202e', '\ufeff', 'e\u0301'.repeat(50), '\uff11\uff12', '😀'.repeat(20), '\\u0041', '&#65;', '__proto__', 'constructor',
  'http://', 'http://[', '//', '?', '#x', 'javascript:1', 'data:,x', 'mailto:', 'url(', '"]}', '/*', '}', '{', 'QUFB'.repeat(100),
]; // prettier-ignore

const foreign = (by: Dice): unknown => structuredClone(by.pick(FOREIGN));
const eventsOf = (upload: Upload): Event[][] => [upload.a, ...(upload.p === undefined ? [] : [upload.p])];
const anyEvent = (upload: Upload, by: Dice): Event | null => {
  // An earlier spoil may have put something else among them.
  const events = by.pick(eventsOf(upload)).filter((event) => Array.isArray(event));
  return events.length === 0 ? null : by.pick(events);
};
const anyPlace = (list: readonly unknown[], by: Dice): number => by.below(list.length + 1);

type Spoil = (upload: Upload, by: Dice) => void;

const SPOILS: readonly Spoil[] = [
  // a value in the place of another
  (upload, by) => {
    const event = by.once(8) ? upload.e : anyEvent(upload, by);
    if (event !== null) event[anyPlace(event, by)] = foreign(by);
  },
  // a value too many
  (upload, by) => {
    const event = by.once(8) ? upload.e : anyEvent(upload, by);
    event?.splice(anyPlace(event, by), 0, foreign(by));
  },
  // a value too few, or many
  (upload, by) => {
    const event = by.once(8) ? upload.e : anyEvent(upload, by);
    event?.splice(anyPlace(event, by), 1 + by.below(4));
  },
  // another type, another time
  (upload, by) => {
    const event = anyEvent(upload, by);
    if (event !== null) event[by.below(2)] = by.once(4) ? foreign(by) : by.below(60);
  },
  // references to anything
  (upload, by) => {
    const event = anyEvent(upload, by);
    const reference = Array.from({ length: 1 + by.below(4) }, () => by.below(200) - 20);
    event?.splice(anyPlace(event, by), by.below(2), reference);
  },
  // events in another order, in the other list, twice, or not at all
  (upload, by) => {
    const from = by.pick(eventsOf(upload));
    const [event] = from.splice(anyPlace(from, by), 1);
    if (event === undefined || by.once(3)) return;
    const into = by.pick(eventsOf(upload));
    into.splice(anyPlace(into, by), 0, event, ...(by.once(2) ? [structuredClone(event)] : []));
  },
  // an event that is none
  (upload, by) => {
    const into = by.pick(eventsOf(upload)) as unknown[];
    into.splice(
      anyPlace(into, by),
      0,
      by.once(2) ? [by.below(1000), by.below(60), foreign(by)] : foreign(by),
    );
  },
  // no playback, or a second of nothing
  (upload, by) => {
    if (by.once(2)) delete upload.p;
    else upload.p ??= [];
  },
];

function spoiledEvents(body: Buffer, by: Dice): Buffer {
  const upload = JSON.parse(body.toString()) as Upload; // a capture of the tests
  const times = by.pick([1, 1, 1, 2, 3, 8]);
  for (let time = 0; time < times; time += 1) by.pick(SPOILS)(upload, by);
  return Buffer.from(JSON.stringify(upload));
}

function spoiledBytes(body: Buffer, by: Dice): Buffer {
  const at = by.below(body.length);
  const to = Math.min(body.length, at + 1 + by.below(40));
  switch (by.below(5)) {
    case 0:
      return body.subarray(0, at);
    case 1: {
      const flipped = Buffer.from(body);
      const times = by.pick([1, 1, 2, 5]);
      for (let time = 0; time < times; time += 1) {
        const place = by.below(body.length);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << by.below(8));
      }
      return flipped;
    }
    case 2:
      return Buffer.concat([body.subarray(0, at), body.subarray(to)]);
    case 3:
      return Buffer.concat([body.subarray(0, to), body.subarray(at)]);
    default:
      return Buffer.concat([body.subarray(0, at), Buffer.from(by.pick(['[', ']', '"', ',', '\\', '{', '1', '\u00ff'])), body.subarray(at)]); // prettier-ignore
  }
}

/** One upload, spoiled. */
export const spoiled = (body: Buffer, by: Dice): Buffer =>
  by.once(4) ? spoiledBytes(body, by) : spoiledEvents(body, by);
