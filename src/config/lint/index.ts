// The registry of lint rules, in the order in which `sluis check` explains them.

import { pathText, type Problem } from '../problems.ts';
import type { Section } from '../schema.ts';
import { clarityHostedLoader } from './clarityHostedLoader.ts';
import { deniedTrafficLeaves } from './deniedTrafficLeaves.ts';
import { disclosedButUnused } from './disclosedButUnused.ts';
import { explicitPurposeShared } from './explicitPurposeShared.ts';
import { gclidStripped } from './gclidStripped.ts';
import { hubLink } from './hubLink.ts';
import { joinKeyKeptTwice } from './joinKeyKeptTwice.ts';
import { keyStillNeeded } from './keyStillNeeded.ts';
import { linkWithoutAim } from './linkWithoutAim.ts';
import { mailFromCookieCategory } from './mailFromCookieCategory.ts';
import { mpWithoutTag } from './mpWithoutTag.ts';
import { noCsp } from './noCsp.ts';
import { noNotice } from './noNotice.ts';
import { noObjectionPath } from './noObjectionPath.ts';
import { notDisclosed } from './notDisclosed.ts';
import { oldConsent } from './oldConsent.ts';
import { personJoinsVendors } from './personJoinsVendors.ts';
import { plainSecret } from './plainSecret.ts';
import { pseudonymMatchesNothing } from './pseudonymMatchesNothing.ts';
import { recordingFromAnalyticsCategory } from './recordingFromAnalyticsCategory.ts';
import { recordingProjectShared } from './recordingProjectShared.ts';
import { recordingProjectUnlisted } from './recordingProjectUnlisted.ts';
import { recordingTakenTwice } from './recordingTakenTwice.ts';
import { recordingUnderAnalytics } from './recordingUnderAnalytics.ts';
import { recordingWithoutRecordingConsent } from './recordingWithoutRecordingConsent.ts';
import type { LintInput, LintRule } from './rule.ts';
import { sensitiveUnset } from './sensitiveUnset.ts';
import { tagForChildren } from './tagForChildren.ts';
import { transferWithoutBasis } from './transferWithoutBasis.ts';
import { undatedConsent } from './undatedConsent.ts';
import { unprovenExplicitConsent } from './unprovenExplicitConsent.ts';

export const LINT_RULES: readonly LintRule[] = [
  recordingWithoutRecordingConsent,
  recordingProjectShared,
  recordingProjectUnlisted,
  recordingTakenTwice,
  recordingUnderAnalytics,
  recordingFromAnalyticsCategory,
  clarityHostedLoader,
  notDisclosed,
  explicitPurposeShared,
  plainSecret,
  joinKeyKeptTwice,
  pseudonymMatchesNothing,
  mailFromCookieCategory,
  linkWithoutAim,
  keyStillNeeded,
  noNotice,
  unprovenExplicitConsent,
  personJoinsVendors,
  transferWithoutBasis,
  undatedConsent,
  oldConsent,
  deniedTrafficLeaves,
  hubLink,
  gclidStripped,
  mpWithoutTag,
  sensitiveUnset,
  noCsp,
  tagForChildren,
  noObjectionPath,
  disclosedButUnused,
];

/** Runs every rule that can judge fairly; those whose sections are incomplete keep silent. */
export function lint(input: LintInput, incomplete: ReadonlySet<Section>): readonly Problem[] {
  return LINT_RULES.filter((rule) => !rule.needs.some((section) => incomplete.has(section))).flatMap((rule) =>
    rule.check(input).map(({ path, message }): Problem => ({
      code: rule.code,
      severity: rule.severity,
      message,
      reason: rule.reason,
      ...input.places.value(path),
      path: pathText(path),
    })),
  );
}

/** Codes of rules that keep a file from running. */
export const REFUSING: ReadonlySet<string> = new Set(
  LINT_RULES.filter((rule) => rule.refuses).map((rule) => rule.code),
);
