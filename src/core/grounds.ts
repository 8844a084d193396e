// On what grounds a destination might be given an event: how each purpose stands for it, which grants count and which
// notices they were given under. Computed once per decision and read by every gate.

import type { Dated } from './consent.ts';
import type { Notice } from './config.ts';
import type { Purpose, Standing } from './consent.ts';

/** A claim that grants a purpose, that the site trusts to grant, and that names the purpose if it must be named. */
export interface Grant {
  readonly source: string;
  readonly dated: Dated | null;
  /** Notices that the person must have been shown for all of this grant: one if it is dated, every one so far if not; empty if none was in force. */
  readonly seen: readonly Notice[];
  /** Why it does not count after all: too old, dated in the future, or undated where that is refused. */
  readonly stale: 'consent_expired' | 'consent_from_future' | 'consent_undated' | null;
}

export interface Denial {
  readonly source: string;
  /** Set if the denial is about this vendor, not about the purpose. */
  readonly vendor: boolean;
  /** Set if it only denies because it could not be read. */
  readonly unreadable: string | null;
}

/** How one purpose stands for one destination. */
export interface Ground {
  readonly purpose: Purpose;
  readonly standing: Standing;
  readonly denials: readonly Denial[];
  /** Grants that count, the one given under the oldest notice first. */
  readonly grants: readonly Grant[];
  /** Notices that must all disclose a thing for this ground to cover it: those its oldest grant was given under, and today's. Null if there is none. */
  readonly covering: readonly Notice[] | null;
  /** Date of the earliest grant that counts or, where none does, of one that lies ahead, ms; null if none is dated. */
  readonly earliest: number | null;
  /** Grants that would count but for their date. */
  readonly stale: readonly Grant[];
  /** Granted by a signal that cannot reach an explicit purpose. */
  readonly onlyInGeneral: boolean;
  /** Granted by a TC string that needs a vendor id which the destination does not have. */
  readonly vendorMissing: boolean;
}

export interface Grounds {
  /** The notice in force now, or null. */
  readonly current: Notice | null;
  of(purpose: Purpose): Ground;
}
