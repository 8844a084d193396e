// The few shapes of answer that intake protocols give.

import type { Answer } from '../core/plugin.ts';

/** For clients that read no body. */
export const NO_CONTENT: Answer = { status: 204, headers: { 'cache-control': 'no-store' }, body: null };

export const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(value),
});
