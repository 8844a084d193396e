// All consent states that can make a difference to one destination: which purposes were granted, under which notice, with or
// without GPC. Small enough to try every one, which is what `sluis diff` does without events.

import type { Recipient, Snapshot } from '../core/config.ts';
import type { Claim, ConsentState, Purpose } from '../core/consent.ts';
import { EXPLICIT_PURPOSES } from '../core/consent.ts';

export interface VisitorState {
  readonly granted: readonly Purpose[];
  /** Id of the notice seen, by the instant it was given at. */
  readonly givenAt: number;
  readonly gpc: boolean;
  readonly state: ConsentState;
}

const MAX_PURPOSES = 10;

/** Purposes that open anything at this destination under either config. */
export function purposesThatMatter(
  recipients: readonly (Recipient | undefined)[],
  known: readonly Purpose[],
): readonly Purpose[] {
  const required = recipients.flatMap((each) => each?.requires ?? []);
  const opening = [
    'marketing',
    ...EXPLICIT_PURPOSES.filter((purpose) => purpose === 'profiling' || purpose === 'audience_matching'),
  ];
  return [...new Set([...required, ...opening])]
    .filter((purpose) => known.includes(purpose))
    .slice(0, MAX_PURPOSES);
}

function claimOf(source: string, granted: readonly Purpose[], at: number): Claim {
  return {
    source,
    purposes: Object.fromEntries(granted.map((purpose) => [purpose, 'granted' as const])),
    vendors: {},
    vendorLists: [],
    vendorsOnly: false,
    byName: granted,
    dated: { at, precision: 'instant' },
    notice: null,
    generation: null,
    unreadable: null,
  };
}

const gpcClaim = (denies: readonly Purpose[]): Claim => ({
  ...claimOf('gpc', [], 0),
  purposes: Object.fromEntries(denies.map((purpose) => [purpose, 'denied' as const])),
  dated: null,
});

/**
 * Instants between which nothing changes under either config, newest first: first and last moment of each notice, and the
 * oldest that still counts by either maximum age.
 */
function instants(snapshots: readonly Snapshot[], now: number): readonly number[] {
  const starts = snapshots.flatMap(({ notices }) => notices.map(({ from }) => from));
  const first = Math.min(...starts);
  const lasts = [now, ...starts.map((from) => from - 1)];
  const oldest = snapshots.map(({ consent }) => now - consent.maxAgeMs + 1000);
  return [...new Set([...starts, ...lasts, ...oldest])]
    .filter((at) => at >= first && at <= now)
    .sort((a, b) => b - a);
}

/** Every combination, fewest purposes first, so that the first difference found is the smallest. */
export function* visitorStates(
  purposes: readonly Purpose[],
  { snapshots, now }: { readonly snapshots: readonly Snapshot[]; readonly now: number },
): Generator<VisitorState> {
  const subsets = Array.from({ length: 2 ** purposes.length }, (_, bits) =>
    purposes.filter((_purpose, index) => (bits >> index) % 2 === 1),
  );
  // Whatever source a site trusts says the same, so that each site's own counts.
  const sources = [...new Set(snapshots.flatMap(({ sites }) => sites.flatMap(({ consent }) => consent)))];
  const denies = snapshots.flatMap(({ consent }) => consent.gpcDenies);
  for (const granted of subsets.sort((a, b) => a.length - b.length))
    for (const givenAt of instants(snapshots, now))
      for (const gpc of [false, true])
        yield {
          granted,
          givenAt,
          gpc,
          state: {
            claims: [
              ...sources.map((source) => claimOf(source, granted, givenAt)),
              ...(gpc ? [gpcClaim(denies)] : []),
            ],
            label: null,
            readAt: now,
          },
        };
}
