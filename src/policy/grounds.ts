// Works out how each purpose stands for one destination: every claim answers for itself, any denial denies, and a grant
// counts only from a source the site trusts, for this vendor, by name where the purpose demands it, and within its age.

import type { Destination, Notice, Site, Snapshot } from '../core/config.ts';
import type { Answer, Claim, ConsentState, Purpose } from '../core/consent.ts';
import { isExplicit } from '../core/consent.ts';
import type { Denial, Grant, Ground, Grounds } from '../core/grounds.ts';
import { sightingOf } from './seen.ts';

export interface StateInput {
  readonly state: ConsentState;
  readonly site: Site | null;
  readonly snapshot: Snapshot;
  readonly now: number;
}

type Vendor = Destination['vendor'];

interface Reply {
  readonly answer: Answer | undefined;
  readonly vendor: boolean;
  readonly vendorMissing: boolean;
}

const SILENT: Reply = { answer: undefined, vendor: false, vendorMissing: false };

/**
 * What one claim answers for one destination. If the destination has an id on a list the claim speaks about, every such
 * answer counts and the strictest wins; a vendor the claim says nothing of is not granted by it. TCF without any id of the
 * destination can only deny.
 */
function replyOf(claim: Claim, purpose: Purpose, vendor: Vendor): Reply {
  const general = claim.purposes[purpose];
  if (general === 'denied') return { answer: 'denied', vendor: false, vendorMissing: false };
  const listed = claim.vendorLists.filter((list) => vendor[list] !== undefined);
  if (listed.length === 0) {
    if (claim.vendorsOnly && general === 'granted') return { ...SILENT, vendorMissing: true };
    return { answer: general, vendor: false, vendorMissing: false };
  }
  const answers = listed.map((list) => claim.vendors[`${list}:${vendor[list]}`]?.[purpose]);
  if (answers.includes('denied')) return { answer: 'denied', vendor: true, vendorMissing: false };
  return answers.every((answer) => answer === 'granted') ? { ...SILENT, answer: 'granted' } : SILENT;
}

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

/** The notice in force at an instant: the latest that began. */
export function noticeInForce(notices: readonly Notice[], now: number): Notice | null {
  return notices.findLast((notice) => notice.from <= now) ?? null;
}

function coveringNotices(oldest: Grant | undefined, current: Notice | null): readonly Notice[] | null {
  if (oldest === undefined || oldest.seen.length === 0 || current === null) return null;
  return oldest.seen.includes(current) ? oldest.seen : [...oldest.seen, current];
}

/** One consent state under one config and clock, read once for all destinations: they differ in vendor ids only. */
export class StateReading {
  readonly #input: StateInput;
  readonly #current: Notice | null;
  readonly #grants = new Map<Claim, Grant>();
  readonly #grounds = new Map<string, Grounds>();

  constructor(input: StateInput) {
    this.#input = input;
    this.#current = noticeInForce(input.snapshot.notices, input.now);
  }

  for({ vendor }: Destination): Grounds {
    const key = Object.entries(vendor).join();
    let grounds = this.#grounds.get(key);
    if (grounds === undefined) {
      grounds = this.#groundsFor(vendor);
      this.#grounds.set(key, grounds);
    }
    return grounds;
  }

  #groundsFor(vendor: Vendor): Grounds {
    const known = new Map<Purpose, Ground>();
    return {
      current: this.#current,
      of: (purpose) => {
        let ground = known.get(purpose);
        if (ground === undefined) {
          ground = this.#groundOf(purpose, vendor);
          known.set(purpose, ground);
        }
        return ground;
      },
    };
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
