// Real uploads, cleaned in every order in which they may come: nothing that was planted is left, and they still play.

import test from 'ava';
import { decode } from 'clarity-decode';
import type { RecordingRules } from '../../src/core/recording.ts';
import { clarity } from '../../src/recording/clarity.ts';
import type { Capture, Scenario } from './captures.ts';
import { CAPTURES, KNOWN, OPEN, SCENARIOS, cleaned, leaks, opened, read, rules } from './captures.ts';

const RULES: Readonly<Record<string, RecordingRules>> = {
  strict: rules(),
  balanced: rules({ text: 'balanced' }),
  'as open as a route can be': OPEN,
  'with the ids of the cookies': { ...OPEN, known: KNOWN },
};

/** The same uploads, each visit with a memory of its own. */
const ORDERS: Readonly<Record<string, (captures: readonly Capture[]) => readonly Capture[]>> = {
  'in order': (captures) => captures,
  'each twice': (captures) => captures.flatMap((capture) => [capture, capture]),
  backwards: (captures) => captures.toReversed(),
};

function cleanAll(
  captures: readonly Capture[],
  given: RecordingRules,
): readonly { readonly name: string; readonly body: string | null }[] {
  const visits = new Map<string, ReturnType<typeof clarity.begin>>();
  return captures.map(({ name, body }) => {
    const upload = opened(body);
    const memory = visits.get(upload.visit) ?? (upload.sequence === 1 ? clarity.begin() : clarity.unseen());
    visits.set(upload.visit, memory);
    return { name, body: upload.clean(given, memory).body };
  });
}

const eachScenario = (run: (scenario: Scenario) => void): void => SCENARIOS.forEach(run);

for (const [way, given] of Object.entries(RULES)) {
  for (const [order, sorted] of Object.entries(ORDERS))
    test(`no secret is left, ${way}, ${order}`, (t) => {
      eachScenario(({ captures, secrets }) => {
        for (const { name, body } of cleanAll(sorted(captures), given))
          t.deepEqual(leaks(body, secrets), [], name);
      });
    });

  test(`no secret is left, ${way}, each upload alone`, (t) => {
    eachScenario(({ captures, secrets }) => {
      for (const { name, body } of captures)
        t.deepEqual(leaks(cleaned(body, given, clarity.unseen()).body, secrets), [], name);
    });
  });
}

test('the search for secrets finds those of the captures as they came', (t) => {
  const found = SCENARIOS.flatMap(({ captures, secrets }) =>
    captures.flatMap(({ body }) => leaks(body.toString(), secrets)),
  );
  t.true(found.length >= 40);
});

/** Of these a name decides: under rules that list none, only what `identify` says of the kind of id is left. */
const DROPPED = new Set([24, 34, 40, 41]);
const isKept = ([, type]: readonly unknown[]): boolean => !DROPPED.has(Number(type));

test('order, times, types and numbers stay', (t) => {
  for (const { name, body } of cleanAll(CAPTURES, rules())) {
    const before = read(CAPTURES.find((capture) => capture.name === name)?.body.toString() ?? '');
    const after = read(body);
    t.is(after.e.length, before.e.length);
    const heads = (events: readonly (readonly unknown[])[] = []): unknown =>
      events.map(([at, type]) => [at, type]);
    t.deepEqual(heads(after.p), heads(before.p), name);
    t.deepEqual(heads(after.a.filter(isKept)), heads(before.a.filter(isKept)), name);
    const numbers = (events: readonly (readonly unknown[])[]): unknown =>
      events.filter(isKept).map((event) => event.filter((each) => typeof each === 'number'));
    t.deepEqual(numbers(after.a), numbers(before.a), name);
  }
});

test('the decoder of the vendor reads every one', (t) => {
  for (const given of Object.values(RULES))
    for (const { name, body } of cleanAll(CAPTURES, given)) {
      if (body === null) continue;
      const { dom } = decode(body);
      const before = decode(CAPTURES.find((capture) => capture.name === name)?.body.toString() ?? '');
      t.is(dom?.length, before.dom?.length, name);
    }
});

test('an upload in which nothing has to change leaves byte for byte', (t) => {
  const keep = { ...OPEN, pseudonym: (_: string, value: string) => value };
  const same = CAPTURES.filter(({ body }) => cleaned(body, keep).body === body.toString());
  t.true(same.length >= 5, `${same.length}`);
});

test('cleaning what was cleaned changes nothing more', (t) => {
  const keep = { ...rules(), pseudonym: (_: string, value: string) => value };
  for (const { name, body } of CAPTURES) {
    const once = cleaned(body, keep).body ?? '';
    t.is(cleaned(once, keep).body, once, name);
  }
});

test('the known ids of a visitor are told by no upload', (t) => {
  const secrets = KNOWN.flatMap(([, value]) => value.split('.')).map((value) => ({
    value,
    level: 'must' as const,
  }));
  for (const { name, body } of cleanAll(CAPTURES, { ...OPEN, known: KNOWN }))
    t.deepEqual(leaks(body, secrets), [], name);
});
