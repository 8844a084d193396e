// The words in which `sluis diff` tells changes: of what one destination may get of an event, and of where it is sent.

import type { Destination, Snapshot, Tag } from '../core/config.ts';
import { isTag } from '../core/config.ts';
import type { Verdict } from '../core/decision.ts';
import { isObject } from '../core/json.ts';
import type { Reach } from '../rejudge.ts';

export type Pair<T> = readonly [T, T];

export interface Change {
  readonly kind: string;
  readonly what: string;
}

const SENDS: ReadonlySet<Verdict> = new Set(['forward', 'anonymous', 'cohort']);

const added = (kind: string, before: readonly string[], after: readonly string[]): readonly Change[] =>
  after.filter((each) => !before.includes(each)).map((what) => ({ kind, what }));

/** What rides along, by the words in which a change of it is told. */
const RIDES = {
  newly_linked: 'links',
  person_field_added: 'person',
  raw_id_added: 'raw',
  pseudonym_added: 'pseudonyms',
  param_added: 'params',
  query_added: 'query',
} as const satisfies Record<string, keyof Reach>;
const LESS: Readonly<Record<keyof typeof RIDES, string>> = {
  newly_linked: 'no_longer_linked',
  person_field_added: 'person_field_removed',
  raw_id_added: 'raw_id_removed',
  pseudonym_added: 'pseudonym_removed',
  param_added: 'param_removed',
  query_added: 'query_removed',
};

/** Differences between what was got and what would be, worst first. What stops needs no list of what rode along. */
export function changesBetween(before: Reach, after: Reach): readonly Change[] {
  const [sent, sends] = [SENDS.has(before.verdict), SENDS.has(after.verdict)];
  if (!sends) return sent ? [{ kind: 'stopped', what: before.verdict }] : [];
  const changes: Change[] = [];
  if (!sent) changes.push({ kind: 'newly_sent', what: after.verdict });
  else if (before.verdict !== after.verdict)
    changes.push({ kind: 'sent_differently', what: `${before.verdict} to ${after.verdict}` });
  // keys of the two literals above
  const rides = Object.entries(RIDES) as [keyof typeof RIDES, (typeof RIDES)[keyof typeof RIDES]][];
  return [
    ...changes,
    ...rides.flatMap(([more, what]) => added(more, before[what], after[what])),
    ...rides.flatMap(([more, what]) => added(LESS[more], after[what], before[what])),
  ];
}

const settingsOf = ({
  type,
  endpoint,
  onUncertain,
  settings,
}: Destination): Readonly<Record<string, unknown>> => ({
  ...(isObject(settings) ? settings : {}),
  type,
  endpoint,
  onUncertain,
});

/** Settings of a destination that decide where and how its events are sent, or of a tag what loads. Secrets print alike. */
function sending(recipient: Destination | Tag): Readonly<Record<string, string>> {
  const all = isTag(recipient) ? { type: recipient.type, src: recipient.src } : settingsOf(recipient);
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, JSON.stringify(value ?? null)]),
  );
}

/** Names of the settings by which a destination of both files gets the same events elsewhere, or in another way. */
export function changedSettings(name: string, snapshots: Pair<Snapshot>): readonly string[] {
  const [before, after] = snapshots.map(({ destinations, tags }) =>
    [...destinations, ...tags].find((each) => each.name === name),
  );
  if (before === undefined || after === undefined) return [];
  const [old, next] = [sending(before), sending(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(next)])].filter((what) => old[what] !== next[what]);
}
