// What may be where, by the rules of the design and by nothing else: this file reads the model of a routing file and of a
// consent and knows no code of the gateway. Rules are cited by number.

import type { Canary } from './canaries.ts';
import type { ConsentModel, SignalModel } from './consents.ts';
import type { DestinationModel, NoticeModel, RoutingModel, SiteModel, Type } from './routing.ts';
import { DAY, EXPLICIT, FACTS, ownName } from './routing.ts';

export interface EventModel {
  readonly name: string;
  readonly occurredAt: number;
  readonly receivedAt: number;
  /** The page is on the site's sensitive list. */
  readonly sensitive: boolean;
}

export interface World {
  readonly routing: RoutingModel;
  readonly site: SiteModel;
  readonly consent: ConsentModel;
}

/** What one destination may have of one event. */
export interface Permission {
  readonly verdict: 'forward' | 'anonymous' | 'nothing';
  readonly purposes: readonly string[];
  /** Raw identifier kinds, in full. */
  readonly ids: readonly string[];
  readonly person: readonly string[];
  /** Systems whose ids may come here as their own destination gets them. */
  readonly links: readonly string[];
}

export type Form = 'raw' | 'hash' | 'none';

const NOTHING: Permission = { verdict: 'nothing', purposes: [], ids: [], person: [], links: [] };

/** Clocks differ: a grant dated a few hours ahead is not from the future. The generator stays clear of the border. */
const AHEAD_MS = 10 * DAY;

interface Ground {
  /** Notices that must all disclose a thing; null where the purpose is not granted. */
  readonly covering: readonly NoticeModel[] | null;
  readonly earliest: number | null;
}

/** Rule 1 and section 2, "When": the notices that a signal was given under. */
function seenBy(signal: SignalModel, { routing, consent }: World, now: number): readonly NoticeModel[] {
  const inForce = routing.notices.filter(({ from }) => from <= now);
  const ownLabel = signal.at !== null || signal.notice !== null;
  const at = ownLabel ? signal.at : (consent.label?.at ?? null);
  const id = ownLabel ? signal.notice : (consent.label?.notice ?? null);
  let candidates = inForce;
  if (id !== null) candidates = inForce.slice(0, inForce.findIndex((each) => each.id === id) + 1);
  if (at !== null) return candidates.filter(({ from }) => from <= at).slice(-1);
  return id === null ? candidates : candidates.slice(-1);
}

const dateOf = (signal: SignalModel, { consent }: World): number | null =>
  signal.at ?? (signal.notice === null ? (consent.label?.at ?? null) : null);

const isUndated = (signal: SignalModel, world: World): boolean =>
  dateOf(signal, world) === null && signal.notice === null && (world.consent.label?.notice ?? null) === null;

/** Strings from the future or older than thirteen months are not in force. */
const isBeyond = (at: number, now: number): boolean => at > now + AHEAD_MS || now - at > 392 * DAY;

/** Rules 1 to 4: is a purpose granted for a destination, and which notices cover it? */
function groundOf(purpose: string, destination: DestinationModel, world: World, now: number): Ground {
  const none: Ground = { covering: null, earliest: null };
  const { routing, site, consent } = world;
  const grants: { signal: SignalModel; seen: readonly NoticeModel[] }[] = [];
  for (const signal of consent.signals) {
    const answer = signal.answers[purpose];
    if (answer === 'denied') return none; // any denial denies
    if (signal.source === 'tcf' && answer !== undefined && isBeyond(signal.at ?? 0, now)) return none; // cannot be right, so it denies
    if (answer === undefined) continue;
    if (signal.vendors !== null) {
      if (destination.tcf === null) continue; // without a vendor id the string can only deny
      if (!signal.vendors.includes(destination.tcf)) return none;
    }
    if (!site.sources.includes(signal.source)) continue; // only listed sources grant
    if (EXPLICIT.includes(purpose) && !signal.named.includes(purpose)) continue; // rule 3
    const at = dateOf(signal, world);
    if (at !== null && (at > now + AHEAD_MS || now - at > routing.maxAgeDays * DAY)) continue;
    if (isUndated(signal, world) && routing.undated === 'refuse') continue;
    const seen = seenBy(signal, world, now);
    if (seen.length > 0) grants.push({ signal, seen });
  }
  if (grants.length === 0) return none;
  const rank = (seen: readonly NoticeModel[]): number =>
    Math.min(...seen.map((each) => routing.notices.indexOf(each)));
  const first = Math.min(...grants.map(({ seen }) => rank(seen)));
  const oldest = grants.filter(({ seen }) => rank(seen) === first).flatMap(({ seen }) => seen);
  const current = routing.notices.filter(({ from }) => from <= now).slice(-1);
  const dates = grants.flatMap(({ signal }) => dateOf(signal, world) ?? []);
  return {
    covering: [...new Set([...oldest, ...current])],
    earliest: dates.length === 0 ? null : Math.min(...dates),
  };
}

/** Granted, disclosed for this destination by every notice that counts, and not only after the event. */
function isOpen(
  purpose: string,
  destination: DestinationModel,
  world: World,
  event: EventModel,
): Ground | null {
  const ground = groundOf(purpose, destination, world, event.receivedAt);
  if (ground.covering === null) return null;
  if (
    !ground.covering.every(
      (notice) => notice.discloses[destination.name]?.purposes.includes(purpose) === true,
    )
  )
    return null;
  if (ground.earliest !== null && event.occurredAt < ground.earliest - world.routing.graceMs) return null;
  return ground;
}

const isAdPlatform = (type: Type): boolean => FACTS[type].audience === 'advertising';

function isRouted(destination: DestinationModel, { site }: World, event: EventModel): boolean {
  if (destination.sites !== null && !destination.sites.includes(site.name)) return false;
  if (destination.events !== null && !destination.events.includes(event.name)) return false;
  return !(isAdPlatform(destination.type) && (event.sensitive || site.children));
}

const discloses = (grounds: readonly Ground[], destination: DestinationModel, datum: string): boolean =>
  grounds.every((ground) =>
    (ground.covering ?? []).every(
      (notice) => notice.discloses[destination.name]?.data.includes(datum) === true,
    ),
  );

/** Section 3: only where the route asks for it, and only when nothing was refused by GPC. */
const mayBeAnonymous = ({ anonymous, requires }: DestinationModel, { consent }: World): boolean =>
  anonymous &&
  !consent.signals.some(
    ({ source, answers }) => source === 'gpc' && requires.some((purpose) => answers[purpose] !== undefined),
  );

/** What a destination may have of an event. */
export function permissionOf(destination: DestinationModel, world: World, event: EventModel): Permission {
  if (world.routing.notices.every(({ from }) => from > event.receivedAt)) return NOTHING;
  if (!isRouted(destination, world, event)) return NOTHING;
  const required = destination.requires.map((purpose) => isOpen(purpose, destination, world, event));
  if (required.some((ground) => ground === null)) {
    return { ...NOTHING, verdict: mayBeAnonymous(destination, world) ? 'anonymous' : 'nothing' };
  }
  const grounds = required.flatMap((ground) => ground ?? []);
  const matching = isOpen('audience_matching', destination, world, event);
  const forPerson =
    FACTS[destination.type].audience === 'crm' ? grounds : matching === null ? null : [...grounds, matching];
  const profiling = isOpen('profiling', destination, world, event);
  const to = [destination.name, FACTS[destination.type].system];
  return {
    verdict: 'forward',
    purposes: [],
    ids: destination.keeps.filter((kind) => discloses(grounds, destination, ownName(destination.type, kind))),
    person:
      forPerson === null
        ? []
        : destination.person.filter((field) => discloses(forPerson, destination, field)),
    links:
      profiling?.covering == null || event.sensitive || world.site.children
        ? []
        : destination.links.filter((system) =>
            (profiling.covering ?? []).every(({ links }) =>
              links.some((link) => link.from === system && to.includes(link.to)),
            ),
          ),
  };
}

/** Person fields that a vendor takes as SHA-256 only, by its documentation; the others come to it as they are. */
const HASHED: Readonly<Record<Type, readonly string[]>> = {
  ga4: ['email', 'phone', 'first_name', 'last_name', 'street'],
  hubspot: [],
  meta: ['email', 'phone', 'first_name', 'last_name', 'postal_code', 'city', 'company'],
  x: ['email', 'phone'],
  http: [],
  log: [],
};

/** How a canary may be at a destination: rules 5, 6 and 7. A log line holds names of fields only. */
export const formAt = (
  canary: Canary,
  destination: DestinationModel,
  world: World,
  event: EventModel,
): Form => (destination.type === 'log' ? 'none' : formWithin(canary, destination, world, event));

/** The same while it waits in the store: rule 8. */
export const mayRest = (canary: Canary, world: World, event: EventModel): boolean =>
  world.routing.destinations.some((each) => formWithin(canary, each, world, event) !== 'none');

function formWithin(canary: Canary, destination: DestinationModel, world: World, event: EventModel): Form {
  const permission = permissionOf(destination, world, event);
  if (permission.verdict !== 'forward' || canary.shared) return 'none';
  const [system = '', name = ''] = canary.kind.split(/\.(.*)/s);
  if (system === 'person') {
    if (!permission.person.includes(name)) return 'none';
    return HASHED[destination.type].includes(name) ? 'hash' : 'raw';
  }
  if (permission.ids.includes(canary.kind)) {
    // it merges devices, so it is a link like any other
    return canary.kind === 'site.user_id' && !permission.links.includes('site') ? 'none' : 'raw';
  }
  if (!permission.links.includes(system)) return 'none';
  const owner = world.routing.destinations.filter((each) => FACTS[each.type].system === system);
  // exactly what that system's own destination receives
  return owner.some((each) => permissionOf(each, world, event).ids.includes(canary.kind)) ? 'raw' : 'none';
}
