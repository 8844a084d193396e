// Works out how each purpose stands for one destination: every claim answers for itself, any denial denies, and a grant
// counts only from a source the site trusts, for this vendor, by name where the purpose demands it, and within its age.

import { noticeInForce } from '../core/config.ts';
import type { Notice, Recipient, Site, Snapshot } from '../core/config.ts';
import type { Claim, ConsentState, Purpose } from '../core/consent.ts';
import { isExplicit } from '../core/consent.ts';
import type { Reason } from '../core/decision.ts';
import type { Denial, Grant, Ground, Grounds } from '../core/grounds.ts';
import { replyOf } from './reply.ts';
import { sightingOf } from './seen.ts';

export interface StateInput {
  readonly state: ConsentState;
  readonly site: Site | null;
  readonly snapshot: Snapshot;
  readonly now: number;
}

type Vendor = Recipient['vendor'];

function grantOf(claim: Claim, input: StateInput): Grant {
  const { state, snapshot, now } = input;
  const { dated, seen, fromFuture, undated } = sightingOf(claim, {
    label: state.label,
    notices: snapshot.notices,
    now,
    graceMs: snapshot.consent.graceMs,
  });
  let stale: Grant['stale'] = null;
  if (fromFuture) stale = 'consent_from_future';
  else if (undated && snapshot.consent.undated === 'refuse') stale = 'consent_undated';
  else if (dated !== null && now - dated.at > snapshot.consent.maxAgeMs) stale = 'consent_expired';
  return { source: claim.source, dated, seen, stale };
}

/**
 * The oldest first: the one given under the oldest notice, before any notice first of all; of those under the same, one that
 * must hold under more notices (it has no date). Dates alone would not do: a grant can be labelled with a notice and have none.
 */
function oldestFirst(grants: Grant[], notices: readonly Notice[]): void {
  const place = ({ seen }: Grant): number => (seen[0] === undefined ? -1 : notices.indexOf(seen[0]));
  const at = ({ dated }: Grant): number => dated?.at ?? 0;
  grants.sort((a, b) => place(a) - place(b) || b.seen.length - a.seen.length || at(a) - at(b));
}

/** The state as it counts at this instant, for display: grants that are too old, undated or ahead are silent. */
export function countingState(input: StateInput): ConsentState {
  const claims = input.state.claims.map((claim) => {
    if (grantOf(claim, input).stale === null) return claim;
    const denials = Object.entries(claim.purposes).filter(([, answer]) => answer === 'denied');
    return { ...claim, purposes: Object.fromEntries(denials) };
  });
  return { ...input.state, claims };
}

const isAhead = ({ stale }: Grant): boolean => stale === 'consent_from_future';

function earliestOf(grants: readonly Grant[]): number | null {
  let earliest: number | null = null;
  for (const { dated } of grants)
    if (dated !== null && (earliest === null || dated.at < earliest)) earliest = dated.at;
  return earliest;
}

function coveringNotices(oldest: Grant | undefined, current: Notice | null): readonly Notice[] | null {
  if (oldest === undefined || oldest.seen.length === 0 || current === null) return null;
  return oldest.seen.includes(current) ? oldest.seen : [...oldest.seen, current];
}

/** How every purpose stands for destinations with the same vendor ids. */
export class VendorGrounds implements Grounds {
  readonly current: Notice | null;
  readonly #snapshot: Snapshot;
  readonly #make: (purpose: Purpose) => Ground;
  readonly #known = new Map<Purpose, Ground>();
  #opened: { readonly words: string; readonly from: number } | null = null;

  constructor(current: Notice | null, snapshot: Snapshot, make: (purpose: Purpose) => Ground) {
    this.current = current;
    this.#snapshot = snapshot;
    this.#make = make;
  }

  of(purpose: Purpose): Ground {
    let ground = this.#known.get(purpose);
    if (ground === undefined) {
      ground = this.#make(purpose);
      this.#known.set(purpose, ground);
    }
    return ground;
  }

  /**
   * All that an allowance is made of, in words: for every purpose of the routing file that is granted, by whom and under which
   * notices. Good for events that did not happen before `from`, the date of the youngest grant.
   */
  get opened(): { readonly words: string; readonly from: number } {
    if (this.#opened !== null) return this.#opened;
    const { consent, notices } = this.#snapshot;
    let words = '';
    let from = -Infinity;
    for (const purpose of consent.purposes) {
      const { standing, grants, covering, earliest } = this.of(purpose);
      if (earliest !== null) from = Math.max(from, earliest);
      const under = covering?.map((notice) => notices.indexOf(notice)).join('+') ?? '-';
      words += standing === 'granted' ? `${grants[0]?.source} ${under};` : ';';
    }
    this.#opened = { words, from };
    return this.#opened;
  }
}

/** How consent stands for one destination. */
export interface DestinationReading {
  readonly grounds: VendorGrounds;
  /** What the gates of consent say to that, once they were asked. */
  against: readonly Reason[] | null;
}

/** One consent state under one config and clock, read once for all destinations: they differ in vendor ids only. */
export class StateReading {
  readonly site: Site | null;
  readonly #input: StateInput;
  readonly #current: Notice | null;
  readonly #grants = new Map<Claim, Grant>();
  readonly #grounds = new Map<string, VendorGrounds>();
  readonly #byDestination = new Map<Recipient, DestinationReading>();

  constructor(input: StateInput) {
    this.#input = input;
    this.site = input.site;
    this.#current = noticeInForce(input.snapshot.notices, input.now);
  }

  for(destination: Recipient): DestinationReading {
    let reading = this.#byDestination.get(destination);
    if (reading === undefined) {
      reading = { grounds: this.#groundsFor(destination), against: null };
      this.#byDestination.set(destination, reading);
    }
    return reading;
  }

  #groundsFor({ vendor }: Recipient): VendorGrounds {
    const key = Object.entries(vendor).join();
    let grounds = this.#grounds.get(key);
    if (grounds === undefined) {
      const { snapshot } = this.#input;
      grounds = new VendorGrounds(this.#current, snapshot, (purpose) => this.#groundOf(purpose, vendor));
      this.#grounds.set(key, grounds);
    }
    return grounds;
  }

  #grantOf(claim: Claim): Grant {
    let grant = this.#grants.get(claim);
    if (grant === undefined) {
      grant = grantOf(claim, this.#input);
      this.#grants.set(claim, grant);
    }
    return grant;
  }

  #groundOf(purpose: Purpose, vendor: Vendor): Ground {
    const { state, site } = this.#input;
    const denials: Denial[] = [];
    const grants: Grant[] = [];
    let onlyInGeneral = false;
    let vendorMissing = false;
    for (const claim of state.claims) {
      const reply = replyOf(claim, purpose, vendor);
      if (reply.answer === 'denied')
        denials.push({ source: claim.source, vendor: reply.vendor, unreadable: claim.unreadable });
      if (site === null || !site.consent.includes(claim.source)) continue;
      vendorMissing ||= reply.vendorMissing;
      if (reply.answer !== 'granted') continue;
      if (isExplicit(purpose) && !claim.byName.includes(purpose)) onlyInGeneral = true;
      else grants.push(this.#grantOf(claim));
    }
    const counting = grants.filter((grant) => grant.stale === null);
    if (counting.length > 1) oldestFirst(counting, this.#input.snapshot.notices);
    return {
      purpose,
      standing: denials.length > 0 ? 'denied' : counting.length > 0 ? 'granted' : 'unknown',
      denials,
      grants: counting,
      covering: coveringNotices(counting[0], this.#current),
      earliest: earliestOf(counting.length > 0 ? counting : grants.filter(isAhead)),
      stale: grants.filter((grant) => grant.stale !== null),
      onlyInGeneral,
      vendorMissing,
    };
  }
}

/** A reading with the instants between which the clock makes no difference to it. */
interface Kept {
  readonly site: Site | null;
  readonly snapshot: Snapshot;
  readonly from: number;
  readonly until: number;
  readonly reading: StateReading;
}

/** Readings of single claims, which the readers of records and cookies hand out again for a returning visitor. */
const kept = new WeakMap<Claim, Kept>();

/** The last instant at which this claim's reading is what it is now: none where its grant does not count now. */
function goodUntil(claim: Claim, input: StateInput): number {
  const { dated, stale } = grantOf(claim, input);
  if (stale !== null) return -Infinity;
  const { notices, consent } = input.snapshot;
  let until = dated === null ? Infinity : dated.at + consent.maxAgeMs;
  for (const notice of notices) if (notice.from > input.now) until = Math.min(until, notice.from - 1);
  return until;
}

/** The reading of a state; that of the last event under the same claim where it still holds. */
export function readingOf(input: StateInput): StateReading {
  const { state, site, snapshot, now } = input;
  const [claim] = state.claims;
  if (claim === undefined || state.claims.length > 1 || state.label !== null) return new StateReading(input);
  const known = kept.get(claim);
  if (
    known !== undefined &&
    known.site === site &&
    known.snapshot === snapshot &&
    now >= known.from &&
    now <= known.until
  )
    return known.reading;
  const reading = new StateReading(input);
  const until = goodUntil(claim, input);
  if (until >= now) kept.set(claim, { site, snapshot, from: now, until, reading });
  return reading;
}
