// Works out how each purpose stands for one destination: every claim answers for itself, any denial denies, and a grant
// counts only from a source the site trusts, for this vendor, by name where the purpose demands it, and within its age.

import type { Destination, Notice, Site, Snapshot } from '../core/config.ts';
import type { Answer, Claim, ConsentState, Purpose } from '../core/consent.ts';
import { isExplicit } from '../core/consent.ts';
import type { Denial, Grant, Ground, Grounds } from '../core/grounds.ts';
import { sightingOf } from './seen.ts';

export interface GroundsInput {
  readonly state: ConsentState;
  readonly destination: Destination;
  readonly site: Site | null;
  readonly snapshot: Snapshot;
  readonly now: number;
}

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
function replyOf(claim: Claim, purpose: Purpose, destination: Destination): Reply {
  const general = claim.purposes[purpose];
  if (general === 'denied') return { answer: 'denied', vendor: false, vendorMissing: false };
  const listed = claim.vendorLists.filter((list) => destination.vendor[list] !== undefined);
  if (listed.length === 0) {
    if (claim.vendorsOnly && general === 'granted') return { ...SILENT, vendorMissing: true };
    return { answer: general, vendor: false, vendorMissing: false };
  }
  const answers = listed.map((list) => claim.vendors[`${list}:${destination.vendor[list]}`]?.[purpose]);
  if (answers.includes('denied')) return { answer: 'denied', vendor: true, vendorMissing: false };
  return answers.every((answer) => answer === 'granted') ? { ...SILENT, answer: 'granted' } : SILENT;
}

function grantOf(claim: Claim, input: GroundsInput): Grant {
  const { state, snapshot, now } = input;
  const { dated, seen, fromFuture } = sightingOf(claim, {
    label: state.label,
    notices: snapshot.notices,
    now,
  });
  let stale: Grant['stale'] = null;
  if (fromFuture) stale = 'consent_from_future';
  else if (dated === null) stale = snapshot.consent.undated === 'refuse' ? 'consent_undated' : null;
  else if (now - dated.at > snapshot.consent.maxAgeMs) stale = 'consent_expired';
  return { source: claim.source, dated, seen, stale };
}

const ageOrder = (grant: Grant): number => grant.dated?.at ?? Number.NEGATIVE_INFINITY;

function groundOf(purpose: Purpose, input: GroundsInput): Ground {
  const { state, destination, site } = input;
  const denials: Denial[] = [];
  const grants: Grant[] = [];
  let onlyInGeneral = false;
  let vendorMissing = false;
  for (const claim of state.claims) {
    const reply = replyOf(claim, purpose, destination);
    if (reply.answer === 'denied')
      denials.push({ source: claim.source, vendor: reply.vendor, unreadable: claim.unreadable });
    if (site === null || !site.consent.includes(claim.source)) continue;
    vendorMissing ||= reply.vendorMissing;
    if (reply.answer !== 'granted') continue;
    if (isExplicit(purpose) && !claim.byName.includes(purpose)) onlyInGeneral = true;
    else grants.push(grantOf(claim, input));
  }
  const counting = grants.filter((grant) => grant.stale === null).sort((a, b) => ageOrder(a) - ageOrder(b));
  return {
    purpose,
    standing: denials.length > 0 ? 'denied' : counting.length > 0 ? 'granted' : 'unknown',
    denials,
    grants: counting,
    stale: grants.filter((grant) => grant.stale !== null),
    onlyInGeneral,
    vendorMissing,
  };
}

/** The notice in force at an instant: the latest that began. */
export function noticeInForce(notices: readonly Notice[], now: number): Notice | null {
  return notices.findLast((notice) => notice.from <= now) ?? null;
}

export function groundsFor(input: GroundsInput): Grounds {
  const known = new Map<Purpose, Ground>();
  return {
    current: noticeInForce(input.snapshot.notices, input.now),
    of(purpose) {
      let ground = known.get(purpose);
      if (ground === undefined) {
        ground = groundOf(purpose, input);
        known.set(purpose, ground);
      }
      return ground;
    },
  };
}
