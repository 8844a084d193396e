// The feed keeps the newest decisions, newest first.

import test from 'ava';
import type { ToldDecision } from '../../src/core/ports.ts';
import { decisionFeed } from '../../src/observe/feed.ts';

const told = (at: number): ToldDecision => ({
  at,
  site: 'shop',
  intake: 'segment',
  event: 'purchase',
  decision: {
    destination: 'ga4',
    verdict: 'forward',
    reasons: [{ code: 'permitted' }],
    allowance: { purposes: [], data: [], person: [], links: [] },
    notice: null,
  },
  remarks: [],
});

const times = (feed: ReturnType<typeof decisionFeed>): number[] => feed.recent().map(({ at }) => at);

test('newest first, oldest forgotten', (t) => {
  const feed = decisionFeed(3);
  t.deepEqual(times(feed), []);
  feed.told(told(1));
  feed.told(told(2));
  t.deepEqual(times(feed), [2, 1]);
  for (const at of [3, 4, 5]) feed.told(told(at));
  t.deepEqual(times(feed), [5, 4, 3]);
});

test('200 are kept unless told otherwise', (t) => {
  const feed = decisionFeed();
  for (let at = 0; at < 450; at++) feed.told(told(at));
  t.is(times(feed).length, 200);
  t.deepEqual([times(feed)[0], times(feed).at(-1)], [449, 250]);
});
