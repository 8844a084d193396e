// Pieces that settings schemas of several destination types share. A secret in a settings object is always a `Secret`.

import { z } from 'zod';
import { Secret } from '../core/secret.ts';

/** Takes a string or a `Secret`, yields a `Secret`. In the JSON Schema it is a string. */
export const secretSetting = z
  .preprocess((value) => (value instanceof Secret ? value.reveal() : value), z.string().min(1))
  .transform((value) => new Secret(value));

/** Ids that people write with or without quotes in YAML. */
export const numericId = z
  .union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative()])
  .transform((value) => String(value));

/** A table from our event names to something of the vendor's. */
export const byEvent = (value: z.ZodType<string, string>) => z.record(z.string().min(1), value).default({});

/** How far recordings speak: text of pages, and names of custom events or tags that leave. */
export const recordedText = z
  .enum(['strict', 'balanced'])
  .default('strict')
  .describe('`strict`: all text of pages is masked. `balanced`: words stay but for what looks personal.');

/** As Clarity's library takes them: it cuts names off after 254 characters. */
export const recordedNames = z.array(z.string().min(1).max(254)).max(200).default([]);

/** Own entries only: an event called `constructor` is not in a table that does not list it. */
export const lookUp = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
