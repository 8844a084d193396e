// `sluis diff`: what a change of the routing file would newly send, stop, disclose or link. With events, by running them
// through both; without, by trying every consent state at every destination.

import { explainContext } from '../app.ts';
import type { Snapshot } from '../core/config.ts';
import type { EventFacts } from '../core/decision.ts';
import { NOTHING_SAID } from '../core/decision.ts';
import type { Explained, ExplainContext, ExplainedDecision } from '../explain.ts';
import { explain } from '../explain.ts';
import { reach } from '../rejudge.ts';
import type { Reach } from '../rejudge.ts';
import type { Change, Pair } from './changes.ts';
import { changedSettings, changesBetween } from './changes.ts';
import type { Call, Command, Io } from './command.ts';
import { EXIT, jsonLinesOf, orRefusal, parseLine, usageError } from './command.ts';
import { snapshotOf } from './config.ts';
import type { VisitorState } from './states.ts';
import { purposesThatMatter, visitorStates } from './states.ts';

const reachUnder = (
  { snapshot, typeOf }: ExplainContext,
  asked: { readonly facts: EventFacts; readonly destination: string },
  now: number,
): Reach => reach({ ...asked, standing: NOTHING_SAID }, { snapshot, now, typeOf });

/** Event names worth trying: each name or pattern of either route stands for what it matches. */
function eventNames(snapshots: readonly Snapshot[], destination: string): readonly string[] {
  const patterns = snapshots.flatMap(
    (each) => each.destinations.find(({ name }) => name === destination)?.events ?? [],
  );
  return [
    ...new Set([
      ...patterns.map((pattern) => pattern.replaceAll('*', 'any')),
      'page_view',
      'any_other_event',
    ]),
  ];
}

const described = (state: VisitorState) => ({
  granted: state.granted,
  givenAt: new Date(state.givenAt).toISOString(),
  gpc: state.gpc,
});

/** One thing to try under both files. */
interface Case {
  readonly destination: string;
  readonly facts: Omit<EventFacts, 'consent'>;
}

/** Does the destination take recordings and no events, in each file that has it? */
const isRecorder = (contexts: Pair<ExplainContext>, destination: string): boolean =>
  contexts.every(({ snapshot, typeOf }) => {
    const route = snapshot.destinations.find(({ name }) => name === destination);
    return route === undefined || typeOf(route.type)?.calls.every((call) => call === 'recording') === true;
  });

function* casesOf(contexts: Pair<ExplainContext>, now: number): Generator<Case> {
  const snapshots = contexts.map(({ snapshot }) => snapshot);
  const names = new Set(snapshots.flatMap(({ destinations }) => destinations.map(({ name }) => name)));
  const tags = new Set(snapshots.flatMap((each) => each.tags.map(({ name }) => name)));
  const sites = new Set(snapshots.flatMap((each) => each.sites.map(({ name }) => name)));
  for (const destination of names) {
    const recorder = isRecorder(contexts, destination);
    const type = recorder ? 'recording' : 'track';
    for (const site of sites)
      for (const name of recorder ? ['recording'] : eventNames(snapshots, destination))
        for (const sensitive of [false, true])
          yield { destination, facts: { site, type, name, occurredAt: now, sensitive, switchedOff: [] } };
  }
  const called = { type: 'tag', name: 'tag', occurredAt: now, switchedOff: [] } as const;
  for (const destination of tags)
    for (const site of sites)
      for (const sensitive of [false, true]) yield { destination, facts: { ...called, site, sensitive } };
}

/** The smallest consent state that shows each kind of change. */
function differencesIn(each: Case, contexts: Pair<ExplainContext>, now: number) {
  const snapshots = contexts.map(({ snapshot }) => snapshot);
  const routes = snapshots.map(({ destinations, tags }) =>
    [...destinations, ...tags].find(({ name }) => name === each.destination),
  );
  const known = snapshots.flatMap(({ consent }) => consent.purposes);
  const found = new Map<string, { readonly change: Change; readonly when: VisitorState }>();
  for (const visitor of visitorStates(purposesThatMatter(routes, known), { snapshots, now })) {
    const asked = { destination: each.destination, facts: { ...each.facts, consent: visitor.state } };
    const changes = changesBetween(reachUnder(contexts[0], asked, now), reachUnder(contexts[1], asked, now));
    for (const change of changes) {
      const key = `${change.kind} ${change.what}`;
      if (!found.has(key)) found.set(key, { change, when: visitor });
    }
  }
  return [...found.values()];
}

/** Tries everything; each kind of change is told once per site, destination and event. */
function compareAll(snapshots: Pair<Snapshot>, io: Io): number {
  const now = Date.now();
  const contexts = [explainContext(snapshots[0]), explainContext(snapshots[1])] as const;
  let count = 0;
  for (const { name } of [...snapshots[0].destinations, ...snapshots[0].tags])
    for (const what of changedSettings(name, snapshots)) {
      count += 1;
      io.out(JSON.stringify({ change: 'setting_changed', what, destination: name }));
    }
  for (const each of casesOf(contexts, now)) {
    const { site, name: event, sensitive } = each.facts;
    for (const { change, when } of differencesIn(each, contexts, now)) {
      count += 1;
      const { kind, what } = change;
      io.out(
        JSON.stringify({
          change: kind,
          what,
          destination: each.destination,
          site,
          event,
          sensitive,
          when: described(when),
        }),
      );
    }
  }
  return count;
}

const side = (told: ExplainedDecision | undefined) => ({
  verdict: told?.verdict ?? 'absent',
  reasons: told?.reasons ?? [],
  requests: told?.requests ?? [],
});

/** What differs for one event between two tellings of it. */
function eventDifferences(before: Explained | undefined, after: Explained) {
  const decisions = [...(before?.decisions ?? []), ...after.decisions];
  return [...new Set(decisions.map(({ destination }) => destination))].flatMap((destination) => {
    const [old, next] = [before, after].map((each) =>
      side(each?.decisions.find((one) => one.destination === destination)),
    );
    const same =
      JSON.stringify([old?.verdict, old?.requests]) === JSON.stringify([next?.verdict, next?.requests]);
    return same ? [] : [{ event: after.event.name, destination, before: old, after: next }];
  });
}

interface Compared {
  readonly count: number;
  /** Lines that could not be compared. */
  readonly refused: number;
}

/** Differences line by line; lines that either file's gateway would refuse are told and passed over. */
async function compareEvents(snapshots: Pair<Snapshot>, call: Call, io: Io): Promise<Compared> {
  let number = 0;
  // Both give an event without an id the same one: what differs by chance alone is no difference.
  const newId = (): string => `line-${number}`;
  const [old, next] = snapshots.map((each) => ({ ...explainContext(each), newId })) as [
    ExplainContext,
    ExplainContext,
  ]; // two in, two out
  const now = Date.now();
  let count = 0;
  let refused = 0;
  for await (const line of jsonLinesOf(call.positionals[2], io)) {
    number = line.number;
    const told = orRefusal(number, io, () => {
      const parsed = parseLine(line.text);
      return [explain(parsed, old, now), explain(parsed, next, now)] as const;
    });
    if (told === null) {
      refused += 1;
      continue;
    }
    for (const [index, after] of told[1].entries())
      for (const difference of eventDifferences(told[0][index], after)) {
        count += 1;
        io.out(JSON.stringify({ line: number, ...difference }));
      }
  }
  return { count, refused };
}

export const diff: Command = {
  name: 'diff',
  usage: 'OLD NEW [EVENTS|-]',
  summary: 'what a change of config would newly send, stop or link',
  most: 3,
  options: {},
  async run(call, io) {
    const [oldPath, newPath] = call.positionals;
    if (oldPath === undefined || newPath === undefined)
      throw usageError('name two routing files: the old one and the new one');
    const snapshots = [snapshotOf(oldPath, io), snapshotOf(newPath, io)] as const;
    const { count, refused } =
      call.positionals[2] === undefined
        ? { count: compareAll(snapshots, io), refused: 0 }
        : await compareEvents(snapshots, call, io);
    io.err(count === 0 ? 'no difference' : `${count} ${count === 1 ? 'difference' : 'differences'}`);
    return count === 0 && refused === 0 ? EXIT.ok : EXIT.findings;
  },
};
