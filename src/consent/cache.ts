// Remembers what strings said, so that a returning visitor's string is decoded once. An entry belongs to one mapping and dies
// with its snapshot; it holds claims and dates, never a judgement that depends on the clock. Bounded in bytes.

import { LRUCache } from 'lru-cache';
import type { PurposeMapping } from '../core/config.ts';
import { copied } from '../core/recent.ts';

const MAX_BYTES = 16 * 1024 * 1024;
/** Longer keys are read every time: they are rare, and one of them would push out a hundred ordinary ones. */
const MAX_KEY_CHARS = 8192;
/** What an entry weighs beyond its key: claims for a handful of purposes and vendors, and the bookkeeping of the list. */
const ENTRY_BYTES = 2048;

type Entries = LRUCache<string, object>;

/** By mapping object, not by its digest: two snapshots never share an entry, and none outlives its own. */
const memories = new WeakMap<PurposeMapping, Entries>();

function memoryOf(mapping: PurposeMapping): Entries {
  let memory = memories.get(mapping);
  if (memory === undefined) {
    memory = new LRUCache<string, object>({
      maxSize: MAX_BYTES,
      sizeCalculation: (_, key) => ENTRY_BYTES + 2 * key.length,
    });
    memories.set(mapping, memory);
  }
  return memory;
}

export interface Remembered {
  readonly mapping: PurposeMapping;
  /** What kind of entry this is; each kind holds one type. */
  readonly format: string;
  /** The strings it was read from. Their lengths are part of the key, so no two lists of strings share one. */
  readonly texts: readonly string[];
}

/** The value for these strings, made by `read` where it is not known yet. `read` may not look at the clock. */
export function remembered<T extends object>({ mapping, format, texts }: Remembered, read: () => T): T {
  let key = format;
  for (const text of texts) key += `\n${text.length}:${text}`;
  if (key.length > MAX_KEY_CHARS) return read();
  const memory = memoryOf(mapping);
  const known = memory.get(key);
  // one kind of entry per format, and only `read` of that format fills it
  if (known !== undefined) return known as T;
  const made = read();
  memory.set(copied(key), made);
  return made;
}
