// The one table of codes for consent signals that are there but cannot be honoured, as `Claim.unreadable`, metrics and
// `sluis consent` show them. The sentences hold no received value.

export const FAULTS = {
  consent_malformed: 'the consent object of the event is not an object',
  reader_failed: 'the reader of this format failed, which denies everything',
  tcf_malformed: 'the TC string does not follow the bit layout of TCF 2.0 to 2.3',
  tcf_too_long: 'the TC string is longer than any real one',
  tcf_version: 'the string is not of version 2 of the TC string format',
  tcf_global_scope: 'the TC string is of global scope, which ended in September 2021',
  tcf_cmp: 'the TC string names no registered consent tool',
  tcf_policy: 'the TC string follows a policy version older than 4',
  tcf_expired: 'the TC string was last updated more than 13 months ago or before the framework began',
  tcf_future: 'the TC string is dated in the future',
  tcf_no_disclosed: 'the TC string lacks the segment of disclosed vendors, mandatory since March 2026',
  tcf_too_many_vendors: 'the TC string names more vendor ids than can be listed',
  ac_malformed: 'the additional consent string is not of version 1 or 2 of its format',
  gpc_malformed: 'the privacy control of the event is neither on nor off',
  us_privacy_malformed: 'the US privacy string is not of version 1 of its format',
  gcm_malformed: 'the consent mode signal does not have the form of gcs, gcd or the consent mode object',
  segment_malformed: 'the category preferences are not an object',
  rudderstack_malformed: 'the consent management of the event does not have the form of its documentation',
  onetrust_reconsent: 'the consent tool awaits a new choice, so the old one no longer grants',
  record_malformed: 'the consent record does not have the form of one',
  record_forged: 'the signature of the consent record is not ours',
  record_other_site: 'the consent record was issued for another site',
} as const satisfies Record<string, string>;

export type FaultCode = keyof typeof FAULTS;

/** Codes of `sluis consent` beyond those of claims. */
export const SIGNAL_FAULTS = {
  unsupported_format: 'this gateway does not read this format',
  unknown_signal:
    'the line is not an object with exactly one of `tcf`, `gcs` and `gcd`, `cookie`, `gpc` or `us_privacy`',
  no_decision: 'no consent tool that the gateway knows has recorded a choice here',
} as const satisfies Record<string, string>;

export type SignalCode = FaultCode | keyof typeof SIGNAL_FAULTS;

export const meaningOf = (code: SignalCode): string => ({ ...FAULTS, ...SIGNAL_FAULTS })[code];
