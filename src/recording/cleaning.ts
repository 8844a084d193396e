// What every part of a cleaner asks while it works on one upload: the route's rules, and strings made fit to leave.

import type { RecordingRules } from '../core/recording.ts';

export interface Cleaning {
  readonly rules: RecordingRules;
  /** A text without what looks like personal data or an id: such characters become mask characters, one for one. */
  text(value: string): string;
  /** The same for what repeats from page to page (class, id, style, name): remembered. */
  word(value: string): string;
  /** An address that may leave; empty where it cannot be read or nothing of it may. */
  url(value: string): string;
}
