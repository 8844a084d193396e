// What a browser asks before it loads tags or starts a recorder, told: the decisions that `/v1/tags` would answer by.

import type { EventFacts } from './core/decision.ts';
import type { TagsAsked } from './core/tags.ts';
import type { Explained } from './explain.ts';
import { judgeTags } from './tags.ts';
import type { JudgedCalls, TagsContext } from './tags.ts';

export const TAGS_PATH = '/v1/tags';

export interface TellingTags extends TagsContext {
  /** What of the consent counted. */
  consentOf(facts: EventFacts, noticesSeen: readonly (string | null)[]): Explained['consent'];
}

function tell({ facts, decisions }: JudgedCalls, context: TellingTags): Explained {
  const at = new Date(context.now).toISOString();
  const { site, type, name } = facts;
  return {
    event: { id: context.newId(), site, type, name, occurredAt: at, clock: 'received', receivedAt: at },
    consent: context.consentOf(
      facts,
      decisions.map(({ notice }) => notice),
    ),
    // Nothing leaves from here: the browser loads it, or does not.
    decisions: decisions.map(({ destination, verdict, reasons }) => ({
      destination,
      verdict,
      reasons,
      treatments: [],
      requests: [],
    })),
  };
}

/** One telling of the tags, and one of the recorders where there are any. */
export function explainTags(asked: TagsAsked, context: TellingTags): readonly Explained[] {
  const { tags, recordings } = judgeTags(asked, context);
  return [tags, ...(recordings === null ? [] : [recordings])].map((calls) => tell(calls, context));
}
