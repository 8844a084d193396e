// Rule 5: what two vendors got of one visitor has nothing in common but the common context; and what leaves anonymously repeats
// nothing between two events.

import type { PlantedEvent } from './planting.ts';
import { DESTINATION_WORDS } from './routing.ts';

const SHORTEST = 6;

const undone = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
};

function leaves(value: unknown, found: string[]): void {
  if (typeof value === 'string') found.push(value);
  else if (typeof value === 'number') found.push(String(value));
  else if (typeof value === 'object' && value !== null)
    for (const each of Object.values(value)) leaves(each, found);
}

function bodyValues(body: string): readonly string[] {
  try {
    const found: string[] = [];
    leaves(JSON.parse(body), found);
    return found;
  } catch {
    return body.split('\n').flatMap(queryValues);
  }
}

const queryValues = (query: string): readonly string[] =>
  query.split('&').map((pair) => undone(pair.slice(pair.indexOf('=') + 1)));

export interface Said {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What stands where something was taken out: the kind of what it was. */
const MARKERS =
  /:(?:steuer_id|rijksregister|codice_fiscale|user_agent|carried|[a-z_]+\.[a-z_]+)(?![\p{L}\p{N}_])/gu;

/** Words of six characters or more among the values of requests, names of fields left out. */
export function wordsOf(requests: readonly Said[]): ReadonlySet<string> {
  const values = requests.flatMap(({ url, headers, body }) => [
    ...queryValues(url.slice(url.indexOf('?') + 1)).slice(url.includes('?') ? 0 : 1),
    headers['idempotency-key'] ?? '',
    ...bodyValues(body ?? ''),
  ]);
  const words = values.flatMap((value) =>
    undone(value)
      .replaceAll(MARKERS, ' ')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u),
  );
  return new Set(words.filter((word) => word.length >= SHORTEST));
}

/** Words of the common context: what the generator itself put on every page, times, amounts, and words of the routing file. */
export function commonWords(events: readonly PlantedEvent[]): ReadonlySet<string> {
  const found = new Set<string>(DESTINATION_WORDS);
  const add = (text: string): void => {
    for (const word of text.toLowerCase().split(/[^\p{L}\p{N}]+/u)) found.add(word);
  };
  for (const { amount, model, common } of events) {
    add(String(amount));
    for (const text of common) add(text);
    for (const at of [model.occurredAt, model.receivedAt]) {
      for (const step of [1000, 3_600_000]) {
        const cut = Math.floor(at / step) * step;
        add(`${cut} ${cut / 1000} ${cut * 1000} ${new Date(cut).toISOString()}`);
      }
    }
  }
  return found;
}

export interface Shared {
  readonly between: string;
  readonly word: string;
}

/** Words that two destinations share beyond the common context. Pairs that may be linked are left out. */
export function sharedWords(
  got: ReadonlyMap<string, readonly Said[]>,
  setting: { readonly common: ReadonlySet<string>; readonly linked: (one: string, other: string) => boolean },
): readonly Shared[] {
  const words = [...got].map(([name, requests]) => ({ name, words: wordsOf(requests) }));
  const shared: Shared[] = [];
  for (const [index, one] of words.entries())
    for (const other of words.slice(index + 1)) {
      if (setting.linked(one.name, other.name)) continue;
      for (const word of one.words)
        if (other.words.has(word) && !setting.common.has(word))
          shared.push({ between: `${one.name} and ${other.name}`, word });
    }
  return shared;
}
