// The one table of reason codes for decisions: ledger, CLI, console, metrics and README derive from it. Its order is the
// order in which gates are told: of several reasons of a blocked event the first in this table is the one that is counted.

export interface ReasonEntry {
  /** One sentence for people. */
  readonly means: string;
  /** May an event refused for this reason alone leave anonymously, where the route asks for that? */
  readonly anonymous: boolean;
  /** Did the person (not a missing signal, not the clock) say no? A newer one overrides what is queued. */
  readonly denial: boolean;
}

const filter = (means: string): ReasonEntry => ({ means, anonymous: false, denial: false });
const missing = (means: string): ReasonEntry => ({ means, anonymous: true, denial: false });
const refused = (means: string): ReasonEntry => ({ means, anonymous: true, denial: true });
const forbidden = (means: string): ReasonEntry => ({ means, anonymous: false, denial: true });

export const REASONS = {
  gate_failed: filter('a gate threw an error, which denies'),
  destination_gone: filter('the destination is no longer in the routing file'),
  destination_disabled: filter('the destination is switched off in the routing file'),
  site_not_routed: filter('the destination does not take events of this site'),
  event_not_routed: filter('the destination does not take events of this name'),
  integration_off: filter('the client switched this destination off for this event'),
  not_supported: filter('this kind of call has no counterpart at the vendor'),
  no_notice: filter('the routing file has no notice in force, so nothing may flow'),
  not_disclosed: filter(
    'the notice seen or the notice in force does not disclose this destination, a purpose it requires or its country',
  ),
  objected: forbidden('the person objected'),
  withdrawn: forbidden('the person withdrew or denied consent after the event'),
  gpc: forbidden('the browser sent Global Privacy Control'),
  purpose_denied: refused('a consent signal denies a required purpose'),
  purpose_unknown: missing('no consent signal that this site trusts grants a required purpose'),
  explicit_not_asked: missing('a purpose that must be asked for by name was granted only in general'),
  vendor_denied: refused('the consent signal denies this vendor'),
  vendor_not_in_tcf: missing('the TC string cannot grant for a destination without a TCF or AC vendor id'),
  signal_unreadable: missing(
    'a consent signal is there but cannot be read, which denies what it could have said',
  ),
  consent_expired: missing('the grant is older than the maximum age'),
  before_consent: missing('the event happened before consent was given'),
  consent_from_future: missing('the grant is dated in the future'),
  consent_undated: missing('the grant has no date and the routing file refuses undated consent'),
  sensitive_page: filter('the page is listed as sensitive, or the site is for children'),
  visit_refused: filter('an earlier upload of this page visit was refused, which ends its recording'),
  no_identifier: filter('nothing is left by which the vendor could place the event'),
  unjoinable: filter('what is left would let two vendors join the visitor'),
  permitted: { means: 'every required purpose is granted and disclosed', anonymous: false, denial: false },
} as const satisfies Record<string, ReasonEntry>;

export type ReasonCode = keyof typeof REASONS;

const ORDER = new Map(Object.keys(REASONS).map((code, index) => [code, index]));

/** Position in the table; lower is told first. */
export const reasonOrder = (code: ReasonCode): number => ORDER.get(code) ?? 0;

/** Codes of treatments: why something was removed or replaced on its way to one destination. */
export const RULES = {
  default_deny: 'not in the vocabulary of the event and not listed by the route',
  kind_default: 'the default treatment of this kind of identifier',
  route: 'the routing file asks for this treatment',
  not_disclosed: 'the notice does not disclose this datum for the destination',
  foreign_id: 'an identifier of another system',
  link_not_permitted: 'a link that needs profiling consent, disclosure and a route that asks for it',
  linked: 'a permitted link',
  shared_value: 'the same value came under two systems',
  personal_data: 'looks like personal data and the route does not declare it',
  person_not_requested: 'a person field that the route does not declare',
  person_not_granted: 'a person field whose purpose is not granted',
  carried_value: 'a value that the event carries elsewhere as an identifier or person field',
  url_token: 'a path segment that looks like a token',
  url_query: 'a query parameter that is neither a campaign word nor listed by the route',
  url_fragment: 'fragments do not leave',
  cross_site_referrer: 'a referrer of another site is cut to its origin',
  search_term: 'search terms leave only if the route lists them',
  coarse_device: 'the device surface leaves in coarse form only',
  coarse_time: 'times leave in whole seconds',
  stand_in: "a pseudonym of the site's own anonymous id stands in for a missing visitor id",
  value_too_long: 'longer than any value that may leave',
  typed: 'typed by the visitor, or where something could have been typed',
  page_text: 'text of the page leaves a recording only if the route asks for it',
  anonymous: 'removed because the event leaves anonymously',
} as const satisfies Record<string, string>;

export type RuleCode = keyof typeof RULES;
