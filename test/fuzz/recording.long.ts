// A hundred thousand spoiled uploads of recordings: each is refused with a code, or cleaned into something that fits the table and
// holds nothing that was planted; none takes long.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { clarity } from '../../src/recording/clarity.ts';
import { cleaningFor } from '../../src/recording/cleaning.ts';
import { typeOf } from '../../src/recording/clarity/events.ts';
import { PageVisit } from '../../src/recording/page/visit.ts';
import type { Scenario } from '../recording/captures.ts';
import { KNOWN, SCENARIOS, leaks, read, rules } from '../recording/captures.ts';
import { SEED } from '../support/seed.ts';
import { dice } from './dice.ts';
import { spoiled } from './uploads.ts';

const UPLOADS = Number(process.env['FUZZ_UPLOADS'] ?? 100_000);
const MOST_MS = 1000;
/** Of these the form alone tells; others are words like those of the page once their place is another. */
const TELLING = /@|^\d{4} \d{4}|^DE89|^\d{10}\.\d{10}$|^[0-9a-f]{32,}$/;

const strict = rules({ known: KNOWN });
const balanced = rules({ text: 'balanced', known: KNOWN });

/** What is wrong with a cleaned body. */
function faults(body: string, { secrets }: Scenario, given: typeof strict): readonly string[] {
  const found: string[] = [];
  const { e, a, p } = read(body);
  if (e.length < 10 || e.length > 12) found.push('envelope');
  const here = { cleaning: cleaningFor(given, { own: 'clarity' }), visit: PageVisit.unseen(), page: null };
  for (const [events, list] of [
    [a, 'analysis'],
    [p ?? [], 'playback'],
  ] as const)
    for (const event of events)
      if (typeOf(event, list)?.clean(event, here) == null)
        found.push(`event ${String(event[1])} does not fit`);
  const looked = given === strict ? secrets : secrets.filter(({ value }) => TELLING.test(value));
  return [...found, ...leaks(body, looked)];
}

function tried(
  scenario: Scenario,
  seed: number,
): { readonly kept: boolean; readonly faults: readonly string[] } {
  const by = dice(seed);
  const given = by.once(2) ? strict : balanced;
  const body = spoiled(by.pick(scenario.captures).body, by);
  try {
    const cleaned = clarity.open(body).clean(given, by.once(2) ? clarity.begin() : clarity.unseen());
    return { kept: true, faults: cleaned.body === null ? [] : faults(cleaned.body, scenario, given) };
  } catch (error) {
    const expected = error instanceof GatewayError && error.code === 'unreadable_body';
    return { kept: false, faults: expected ? [] : [String(error instanceof Error ? error.stack : error)] };
  }
}

test('a hundred thousand spoiled uploads', (t) => {
  t.timeout(420_000);
  t.log(`seed ${SEED}`);
  const wrong: string[] = [];
  let [kept, longest] = [0, 0];
  for (let number = 0; number < UPLOADS && wrong.length < 10; number += 1) {
    const scenario = SCENARIOS[number % SCENARIOS.length];
    if (scenario === undefined) break;
    const begun = performance.now();
    const result = tried(scenario, SEED + number);
    longest = Math.max(longest, performance.now() - begun);
    if (result.kept) kept += 1;
    for (const fault of result.faults) wrong.push(`${SEED + number} (${scenario.name}): ${fault}`);
  }
  t.log(`${kept} cleaned, longest ${Math.round(longest)} ms`);
  t.deepEqual(wrong, []);
  t.true(kept > UPLOADS / 3);
  t.true(longest < MOST_MS);
});
