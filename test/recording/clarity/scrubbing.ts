// A cleaning for tests of what calls it: texts through the scanner, addresses through the one file that cleans them.

import type { RecordingRules } from '../../../src/core/recording.ts';
import { scanText } from '../../../src/detect/scan.ts';
import { cleanUrl } from '../../../src/detect/url.ts';
import type { Cleaning } from '../../../src/recording/cleaning.ts';

function scrubbed(value: string): string {
  let clean = '';
  let from = 0;
  for (const { start, end } of scanText(value)) {
    clean += value.slice(from, start) + value.slice(start, end).replaceAll(/\S/g, '\u25aa');
    from = end;
  }
  return clean + value.slice(from);
}

function address(value: string): string {
  const base = 'https://page.example';
  const absolute = /^[a-z]+:/i.test(value);
  const { value: clean } = cleanUrl(absolute ? value : new URL(value, base).href, {
    query: [],
    origins: [base],
    scan: scanText,
    scanNamed: (_, text) => scanText(text),
  });
  if (clean === null) return '';
  return absolute || !clean.startsWith(base) ? clean : clean.slice(base.length);
}

export function scrubbing(text: RecordingRules['text']): Cleaning {
  const rules: RecordingRules = {
    text,
    tags: [],
    events: [],
    query: [],
    origins: [],
    userAgent: false,
    known: [],
    pseudonym: (_, value) => value,
  };
  return { rules, text: scrubbed, word: scrubbed, url: address };
}

export const STRICT = scrubbing('strict');
export const BALANCED = scrubbing('balanced');
