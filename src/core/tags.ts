// The table of tag types: tools that load in the browser and take nothing from a server, so that the gateway decides whether they load
// and no more. Routing file, schema, `check` and the advice on Content-Security-Policy derive from it.

import type { Audience } from './config.ts';
import type { Purpose } from './consent.ts';
import type { System } from './identifiers/kind.ts';
import type { IntakeContext, IntakeRequest } from './plugin.ts';
import type { RecordingRules } from './recording.ts';

export interface TagType {
  readonly type: string;
  readonly title: string;
  /** The system whose ids its visitors get; null: who knows. */
  readonly system: System | null;
  readonly audience: Audience;
  readonly demands: readonly Purpose[] | 'stated';
  /** Where the script loads more from and sends to, as sources of a Content-Security-Policy. */
  readonly hosts: readonly string[];
}

/**
 * Hotjar and Contentsquare record what a visitor does, and their heatmaps and funnels are made of recordings: `recording` asks for
 * that by name. They know the visitor by an id of their own on this site, as an analytics tool does, which is no `profiling` by
 * itself; a site that tells them who the visitor is adds that under `requires`. `other` can be anything, and a foreign script sees
 * the whole page whatever it is for, so it counts as advertising and stays away from sensitive pages and children.
 */
export const TAG_TYPES = [
  {
    type: 'hotjar',
    title: 'Hotjar',
    system: 'hotjar',
    audience: 'recording',
    demands: ['recording'],
    hosts: ['https://*.hotjar.com', 'https://*.hotjar.io', 'wss://*.hotjar.com'],
  },
  {
    type: 'contentsquare',
    title: 'Contentsquare',
    system: 'contentsquare',
    audience: 'recording',
    demands: ['recording'],
    hosts: ['https://*.contentsquare.net'],
  },
  {
    type: 'other',
    title: 'Any other tag',
    system: null,
    audience: 'advertising',
    demands: 'stated',
    hosts: [],
  },
] as const satisfies readonly TagType[];

export const TAG_TYPE_NAMES = TAG_TYPES.map(({ type }) => type);

export const tagType = (name: string): TagType | undefined => TAG_TYPES.find(({ type }) => type === name);

/** What the page script of a visitor may do now. */
export interface PermittedTags {
  readonly tags: readonly { readonly name: string; readonly src: string }[];
  readonly recordings: readonly PermittedRecording[];
  /** Formats of recorders that this site has and this visitor does not permit: what they left in the browser has to go. */
  readonly refused: readonly string[];
}

export interface PermittedRecording {
  readonly format: string;
  readonly project: string | null;
  /** How far its text speaks; a recorder that masks as much by itself sends less. */
  readonly text: RecordingRules['text'];
  /** Path of the gateway that takes its uploads. */
  readonly upload: string;
}

/** Who asks: the visitor of a request, its page, and what came along of consent. */
export interface TagsAsked extends IntakeContext {
  readonly request: Pick<IntakeRequest, 'query' | 'headers' | 'limits'>;
}
