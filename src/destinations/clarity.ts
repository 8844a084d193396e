// Microsoft Clarity: session recordings, cleaned in passing. Clarity's own library records in the browser and nothing can be fed
// from a server, so events have no counterpart here. Microsoft may use what it gets for advertising, hence all three purposes.

import { z } from 'zod';
import { IDENTIFIERS, identifierName } from '../core/identifiers.ts';
import type { DestinationType, RecordingSending } from '../core/plugin.ts';
import type { RecordingRules } from '../core/recording.ts';
import { all, byStatus } from './answer.ts';
import { addressOf } from './request.ts';
import { recordedNames, recordedText } from './setting.ts';

export interface ClaritySettings {
  readonly project: string;
  readonly upload: string;
  readonly clarity: Pick<RecordingRules, 'text' | 'tags' | 'events'>;
}

const settings: z.ZodType<ClaritySettings> = z.strictObject({
  project: z
    .string()
    .regex(/^[0-9A-Za-z_-]{1,64}$/)
    .describe('Project id; a site lists it under `tags`.'),
  upload: z
    .string()
    .regex(/^https:\/\/[^\s/?#@]{1,253}\/[^\s?#@]{1,500}$/, 'expected an https address with a path, no more')
    .describe('Collector that the tag of the project names, such as `https://k.clarity.ms/collect`.'),
  clarity: z
    .strictObject({
      text: recordedText,
      tags: recordedNames.describe('Names of tags whose values leave, scrubbed. Default: none.'),
      events: recordedNames.describe('Names of custom events that leave. Default: none.'),
    })
    .prefault({})
    .describe('How far recordings speak. What was typed is masked whatever it says.'),
});

/** What the browser would have sent its headers as, and no more: neither cookies nor a referrer, nor hints about the device. */
function headersOf({ packed, origin, person }: RecordingSending<ClaritySettings>): Record<string, string> {
  return {
    ...(packed ? { accept: 'application/x-clarity-gzip' } : { 'content-type': 'text/plain;charset=UTF-8' }),
    ...(origin === null ? {} : { origin }),
    ...(person.ip === undefined ? {} : { 'x-forwarded-for': person.ip }),
    ...(person.user_agent === undefined ? {} : { 'user-agent': person.user_agent }),
  };
}

export const clarity: DestinationType<ClaritySettings> = {
  type: 'clarity',
  title: 'Microsoft Clarity',
  system: 'clarity',
  audience: 'recording',
  demands: ['recording', 'marketing', 'profiling'],
  anonymous: false,
  settings,
  ids: IDENTIFIERS.filter(({ system }) => system === 'clarity').map(identifierName),
  standIn: null,
  person: ['ip', 'user_agent'],
  links: false,
  dedupes: false,
  batch: { events: 1, bytes: 1_000_000 },
  wire: null,
  calls: ['recording'],
  recording: {
    formats: ['clarity'],
    project: ({ project }) => project,
    rules: ({ clarity: { text, tags, events } }) => ({ text, tags, events }),
    request(sending) {
      const { origin, pathname } = new URL(sending.settings.upload);
      return { address: addressOf(sending.destination, origin, pathname), headers: headersOf(sending) };
    },
  },

  canPlace: () => false,

  build: (events) => ({
    requests: [],
    refused: events.map((_event, index) => ({ index, code: 'not_supported' })),
  }),

  read: (reply, request) => all(request, byStatus(reply)),
};
