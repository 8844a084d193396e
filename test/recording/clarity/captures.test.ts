// DOM events of the real library, from pages full of secrets: cleaned in order, each upload alone, twice, in reverse; nothing that was
// planted or typed leaves, and the library's own decoder reads what comes out as the same tree.

import test from 'ava';
import { decode } from 'clarity-decode';
import type { Cleaning } from '../../../src/recording/cleaning.ts';
import { PageVisit } from '../../../src/recording/page/visit.ts';
import type { Capture, Event, Scenario } from './captured.ts';
import { SCENARIOS, cleanCapture, isDom } from './captured.ts';
import { readings } from './readings.ts';
import { BALANCED, STRICT } from './scrubbing.ts';

/** A visit of the library's is one page of one session. */
const visitOf = ({ envelope }: Capture): string => JSON.stringify(envelope.slice(4, 8));

interface Cleaned {
  readonly capture: Capture;
  readonly events: readonly unknown[][];
}

function inOrder(captures: readonly Capture[], cleaning: Cleaning): readonly Cleaned[] {
  const visits = new Map<string, PageVisit>();
  return captures.map((capture) => {
    const key = visitOf(capture);
    const visit =
      visits.get(key) ??
      (capture.envelope[1] === 1 || capture.name === 'strict-02.json'
        ? PageVisit.begin()
        : PageVisit.unseen());
    visits.set(key, visit);
    return { capture, events: cleanCapture(capture, visit, cleaning) };
  });
}

const alone = (captures: readonly Capture[], cleaning: Cleaning): readonly Cleaned[] =>
  captures.map((capture) => ({ capture, events: cleanCapture(capture, PageVisit.unseen(), cleaning) }));

const WAYS: Readonly<
  Record<string, (captures: readonly Capture[], cleaning: Cleaning) => readonly Cleaned[]>
> = {
  'in order': inOrder,
  'each alone': alone,
  'each twice': (captures, cleaning) =>
    inOrder(
      captures.flatMap((capture) => [capture, capture]),
      cleaning,
    ),
  'in reverse': (captures, cleaning) => inOrder(captures.toReversed(), cleaning),
};

/** The texts of a cleaned event, each by itself. */
const texts = (events: readonly unknown[][]): string =>
  events.flatMap((event) => event.filter((token) => typeof token === 'string')).join('\n');

/** What was typed into editable nodes and mirrors of fields, beyond what the manifest lists. */
const TYPED = [
  { value: 'Freitext IBAN DE89', prefixMin: 14 },
  { value: 'Meine IBAN DE89 3704', prefixMin: 5 },
  { value: 'Karte 4111', prefixMin: 7 },
  { value: 'Schatten Edit 6', prefixMin: 10 },
  { value: 'Erika Neu 12', prefixMin: 7 },
];

function leaks(
  text: string,
  secrets: readonly { readonly value: string; readonly prefixMin?: number }[],
): readonly string[] {
  const all = readings(text);
  return secrets.flatMap(({ value, prefixMin }) => {
    const secret = value.slice(0, prefixMin ?? value.length).toLowerCase();
    const dense = secret.replaceAll(/[ .-]/g, '');
    return all.includes(secret) || (dense.length > 4 && all.includes(dense)) ? [secret] : [];
  });
}

for (const [mode, cleaning] of [
  ['strict', STRICT],
  ['balanced', BALANCED],
] as const) {
  for (const [way, clean] of Object.entries(WAYS)) {
    test(`no planted secret is left of any page, ${mode}, ${way}`, (t) => {
      for (const { name, captures, secrets } of SCENARIOS) {
        const must = secrets.filter(({ level }) => level === 'must' || mode === 'strict');
        for (const { capture, events } of clean(captures, cleaning))
          t.deepEqual(leaks(texts(events), [...must, ...TYPED]), [], `${name} ${capture.name}`);
      }
    });
  }
}

test('a card number typed into a textarea leaves no digit in its mirrors', (t) => {
  for (const scenario of SCENARIOS.filter(({ name }) => name.startsWith('widgets')))
    for (const { capture, events } of inOrder(scenario.captures, BALANCED))
      t.notRegex(
        texts(events.filter((event) => Number(event[0]) > 900)),
        /Kar|4111|Mei|IBAN|Scha|Eri(?!ka=)/,
        capture.name,
      );
});

test('words of a page that nobody typed stay in balanced mode', (t) => {
  const [first] = inOrder(SCENARIOS.find(({ name }) => name === 'relaxed')?.captures ?? [], BALANCED);
  const text = texts(first?.events ?? []);
  for (const word of [
    'Mein Konto',
    'Kasse',
    'Interne Notiz',
    'class=site-header',
    'id=greet',
    'width=40',
    'type=checkbox',
    'Jetzt kaufen',
  ])
    t.true(text.includes(word), word);
  for (const word of ['kunde=55871', 'Muster Shop', 'erika', 'visa-1111', 'agb-42', 'sepa', 'return false'])
    t.false(text.includes(word), word);
});

interface Seen {
  readonly id: number;
  readonly parent: number | null;
  readonly previous: number | null;
  readonly tag: string;
}

/** What the vendor's decoder sees of the tree. */
function decoded(envelope: Event, events: readonly Event[]): readonly (readonly Seen[])[] {
  const { dom } = decode(JSON.stringify({ e: envelope, a: [], p: events }));
  return (dom ?? []).map(({ data }) =>
    // The decoder's type is that of all layout events; those of the DOM have a list of nodes.
    (data as unknown as readonly Seen[]).map(({ id, parent, previous, tag }) => ({
      id,
      parent,
      previous,
      tag,
    })),
  );
}

for (const scenario of SCENARIOS) {
  for (const cleaning of [STRICT, BALANCED]) {
    test(`the library's decoder reads the same tree: ${scenario.name}, ${cleaning.rules.text}`, (t) =>
      sameTree(t, scenario, cleaning));
  }
}

function sameTree(
  t: { deepEqual(a: unknown, b: unknown, c: string): void },
  { captures }: Scenario,
  cleaning: Cleaning,
): void {
  for (const { capture, events } of [...inOrder(captures, cleaning), ...alone(captures, cleaning)]) {
    const given = capture.events.filter(isDom);
    t.deepEqual(decoded(capture.envelope, events), decoded(capture.envelope, given), capture.name);
  }
}

test('an upload that was cleaned before comes out the same once more', (t) => {
  for (const { captures } of SCENARIOS) {
    for (const capture of captures) {
      const visit = PageVisit.begin();
      const once = cleanCapture(capture, visit, BALANCED);
      t.deepEqual(cleanCapture(capture, visit, BALANCED), once, capture.name);
    }
  }
});
