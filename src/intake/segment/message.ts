// One call of the Segment API: its shape is checked here once, so that what reads it later need not doubt it.

import { isObject } from '../../core/json.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { EventType } from '../../core/event.ts';
import { isIdentifying } from '../ids.ts';
import type { Fault, Read } from '../read.ts';
import { isEmpty, object, text, textOrNumber } from '../value.ts';

export interface Message {
  readonly type: EventType;
  readonly fields: JsonObject;
  readonly context: JsonObject;
  readonly integrations: JsonObject;
}

/** What a batch says once for all its calls; a call's own word wins. */
export interface Shared {
  readonly context: JsonObject;
  readonly integrations: JsonObject;
}

export const NOTHING_SHARED: Shared = { context: {}, integrations: {} };

const TYPES = [
  'track',
  'page',
  'screen',
  'identify',
  'group',
  'alias',
] as const satisfies readonly EventType[];
const isType = (value: unknown): value is EventType => (TYPES as readonly unknown[]).includes(value);

const IDS = ['userId', 'anonymousId', 'groupId', 'previousId'] as const;
const OBJECTS = ['properties', 'traits', 'context', 'integrations'] as const;

const invalid = (message: string): Fault => ({ code: 'invalid_event', message });

/** Absent ids come as null or as an empty string. */
const hasId = (fields: JsonObject, name: string): boolean => textOrNumber(fields[name]) !== null;

const isIdValue = (value: Json | undefined): boolean =>
  value === undefined || value === null || typeof value === 'string' || typeof value === 'number';

function wrongType(fields: JsonObject): string | null {
  for (const name of IDS) if (!isIdValue(fields[name])) return `\`${name}\` must be a string`;
  for (const name of OBJECTS) {
    const value = fields[name];
    if (value !== undefined && value !== null && !isObject(value)) return `\`${name}\` must be an object`;
  }
  return null;
}

/** What the type needs and the call lacks, or null. */
function missing(type: EventType, fields: JsonObject, context: JsonObject): string | null {
  if (type === 'track' && text(fields['event']) === null) return '`event`, the name of what happened';
  if (type === 'group' && !hasId(fields, 'groupId')) return '`groupId`';
  if (type === 'alias' && !(hasId(fields, 'userId') && hasId(fields, 'previousId')))
    return '`userId` and `previousId`';
  const known = hasId(fields, 'userId') || hasId(fields, 'anonymousId') || isIdentifying(context['ids']);
  return known ? null : '`userId` or `anonymousId`';
}

/** Checks a call. `type` is that of the path, or null where the call has to say it itself. */
export function readMessage(fields: JsonObject, type: EventType | null, shared: Shared): Read<Message> {
  const stated = type ?? fields['type'];
  if (!isType(stated)) return { fault: invalid(`\`type\` must be one of ${TYPES.join(', ')}`) };
  const wrong = wrongType(fields);
  if (wrong !== null) return { fault: invalid(wrong) };
  const context = merged(shared.context, fields['context']);
  const lacking = missing(stated, fields, context);
  if (lacking !== null) return { fault: invalid(`\`${stated}\` needs ${lacking}`) };
  return {
    value: {
      type: stated,
      fields,
      context,
      integrations: merged(shared.integrations, fields['integrations']),
    },
  };
}

const merged = (shared: JsonObject, own: Json | undefined): JsonObject =>
  isEmpty(shared) ? object(own) : { ...shared, ...object(own) };
