// The same world without process, network and store: `explain` tells what would leave. Fast, and exact about which event a
// request belongs to.

import { explainContext } from '../../src/app.ts';
import { loadText } from '../../src/config/file.ts';
import type { Snapshot } from '../../src/core/config.ts';
import { explain } from '../../src/explain.ts';
import type { ExplainContext, Explained, ExplainedDecision } from '../../src/explain.ts';
import { describe, leaksIn, snifferFor, told as tell } from './judge.ts';
import type { EventModel, Permission } from './oracle.ts';
import { permissionOf } from './oracle.ts';
import { commonWords, sharedWords, wordsOf } from './pairs.ts';
import type { PlantedEvent, PlantedRequest } from './planting.ts';
import { Draw } from './random.ts';
import type { DestinationModel, RoutingModel } from './routing.ts';
import { routingText } from './routing.ts';
import { drawRouting, drawVisitor, ENV } from './world.ts';
import type { Visitor } from './world.ts';

export interface Paper {
  readonly routing: RoutingModel;
  readonly snapshot: Snapshot;
  readonly context: ExplainContext;
}

export function paperWorld(draw: Draw, now: number): Paper {
  const routing = drawRouting(draw, now);
  const loaded = loadText('gateway.yaml', routingText(routing, { store: 'memory:', endpoints: {} }), {
    env: ENV,
  });
  if (!loaded.ok) throw new Error('the routing file has errors');
  return { routing, snapshot: loaded.snapshot, context: explainContext(loaded.snapshot) };
}

/** The line by which `explain` is asked about a request. */
export const lineOf = (request: PlantedRequest, receivedAt: number) => ({
  http: {
    method: request.method,
    path: request.path,
    query: request.query,
    headers: request.headers,
    body: request.body,
  },
  receivedAt,
  ip: request.headers['x-forwarded-for'] ?? '127.0.0.1',
});

/** Every event of a visitor with what `explain` says of it. */
export function explained(
  visitor: Visitor,
  { context }: Paper,
  now: number,
): readonly (readonly [PlantedEvent, Explained])[] {
  const all = visitor.requests.flatMap((request) => explain(lineOf(request, now), context, now));
  return visitor.events.map((event, index) => [event, all[index] as Explained] as const);
}

export interface Fault {
  readonly rule: string;
  readonly what: string;
}

const requestsOf = (told: Explained, name: string): ExplainedDecision['requests'] =>
  told.decisions.find(({ destination }) => destination === name)?.requests ?? [];

const printed = (value: ExplainedDecision['requests']): string =>
  value.map(({ url, headers, body }) => `${url}\n${JSON.stringify(headers)}\n${body ?? ''}`).join('\n');

const byName = ({ routing }: Paper, name: string): DestinationModel => {
  const model = routing.destinations.find((each) => each.name === name);
  if (model === undefined) throw new Error('a destination that is in no routing file');
  return model;
};

/** Rules 5 to 7: no canary where it may not be. */
function canaryFaults(
  visitor: Visitor,
  event: PlantedEvent,
  told: Explained,
  paper: Paper,
): readonly Fault[] {
  const sniffer = snifferFor([...visitor.canaries, ...event.own]);
  const got = told.decisions
    .filter(({ requests }) => requests.length > 0)
    .map(({ destination, requests }) => ({
      destination: byName(paper, destination),
      text: printed(requests),
    }));
  const leaks = leaksIn(got, { sniffer, world: visitor.world, events: [event] });
  return leaks.map((leak) => ({
    rule: `canary ${leak.kind} ${leak.planted.map(({ place, encoding }) => `${place} | ${encoding}`).join(' ; ')}`,
    what: tell(leak),
  }));
}

/** Rule 8: names of fields and events that the console shows hold no canary. */
function consoleFaults(visitor: Visitor, event: PlantedEvent, told: Explained): readonly Fault[] {
  const shown = JSON.stringify([
    told.event.name,
    told.consent,
    told.decisions.map(({ reasons, treatments }) => [reasons, treatments]),
  ]);
  return snifferFor([...visitor.canaries, ...event.own])
    .find(shown)
    .map((find) => ({
      rule: `console ${find.needle.canary.kind}`,
      what: tell(describe(find, 'console', [event])),
    }));
}

/** Reasons that are not about consent: the event has no place there. */
const ELSEWHERE = new Set([
  'no_identifier',
  'unjoinable',
  'not_supported',
  'event_not_routed',
  'site_not_routed',
  'integration_off',
  'sensitive_page',
]);

/** Rules 1 to 4: the verdict is the oracle's. */
function verdictFaults(
  visitor: Visitor,
  event: PlantedEvent,
  told: Explained,
  paper: Paper,
): readonly Fault[] {
  return told.decisions.flatMap(({ destination, verdict, reasons, requests }) => {
    const model = byName(paper, destination);
    const may = permissionOf(model, visitor.world, event.model).verdict;
    const what = `${destination}: ${verdict} (${reasons.map(({ code }) => code).join()}), the oracle says ${may}; ${JSON.stringify([visitor.consent, event.model, model, paper.routing.notices, paper.routing.sites])}`;
    if (verdict === may || (verdict === 'block' && may === 'nothing')) return [];
    if (verdict !== 'block') return [{ rule: `sent without permission ${verdict}/${may}`, what }];
    if (requests.length > 0) return [{ rule: 'blocked and sent', what }];
    const consentual = reasons.some(({ code }) => !ELSEWHERE.has(code));
    return consentual && may === 'forward' ? [{ rule: 'withheld though permitted', what }] : [];
  });
}

/** Rule 5 over all events of a visitor. */
function pairFaults(
  visitor: Visitor,
  all: readonly (readonly [PlantedEvent, Explained])[],
  paper: Paper,
): readonly Fault[] {
  const events = all.map(([event]) => event);
  const got = new Map(
    paper.routing.destinations
      .filter(({ type }) => type !== 'log')
      .map(({ name }) => [name, all.flatMap(([, told]) => requestsOf(told, name))] as const),
  );
  const linked = (one: string, other: string): boolean =>
    events.some(({ model }) => mayLink(byName(paper, one), byName(paper, other), visitor, model));
  const agreed = agreedWords(visitor, paper);
  return sharedWords(got, { common: commonWords(events), linked })
    .filter(({ word }) => !agreed(word))
    .map(({ between, word }) => ({
      rule: `pairwise ${word.replace(/\d/g, '9').slice(0, 14)}`,
      what: `${between} share ${word}; planted ${JSON.stringify(events.flatMap(({ planted }) => planted))} ${JSON.stringify([...got])}`,
    }));
}

/** Person fields that the visitor agreed to are what vendors may join on, in plain or as SHA-256. */
function agreedWords(visitor: Visitor, { routing }: Paper): (word: string) => boolean {
  const fields = new Set(
    visitor.events.flatMap(({ model }) =>
      routing.destinations.flatMap((each) => permissionOf(each, visitor.world, model).person),
    ),
  );
  const plain = visitor.canaries
    .filter(({ kind }) => kind.startsWith('person.') && fields.has(kind.slice('person.'.length)))
    .flatMap(({ value, parts }) => [value, ...parts])
    .join(' ')
    .toLowerCase();
  return (word) => fields.size > 0 && (plain.includes(word) || /^[0-9a-f]{64}$/.test(word));
}

const mayLink = (
  one: DestinationModel,
  other: DestinationModel,
  { world }: Visitor,
  event: EventModel,
): boolean =>
  permissionOf(one, world, event).links.length > 0 || permissionOf(other, world, event).links.length > 0;

/** `whenDenied: anonymous` repeats nothing between two events. */
function anonymousFaults(
  all: readonly (readonly [PlantedEvent, Explained])[],
  paper: Paper,
): readonly Fault[] {
  const common = commonWords(all.map(([event]) => event));
  return paper.routing.destinations.flatMap(({ name, type }) => {
    if (type === 'log') return [];
    const seen = new Set<string>();
    return all.flatMap(([, told]) => {
      if (told.decisions.find(({ destination }) => destination === name)?.verdict !== 'anonymous') return [];
      const words = [...wordsOf(requestsOf(told, name))].filter((word) => !common.has(word));
      const again = words.filter((word) => seen.has(word));
      for (const word of words) seen.add(word);
      return again.map((word) => ({
        rule: `anonymous repeats ${word.replace(/\d/g, '9').slice(0, 12)}`,
        what: `${name}: ${word}`,
      }));
    });
  });
}

const hasAny = (event: PlantedEvent, kinds: readonly string[]): boolean =>
  kinds.some((kind) => event.home.has(kind));

/** Does the vendor have something to place the event by, of what may be there? */
export function canPlace(model: DestinationModel, event: PlantedEvent, visitor: Visitor): boolean {
  const { ids, person } = permissionOf(model, visitor.world, event.model);
  const may = [...ids, ...person.map((field) => `person.${field}`)];
  const enough: Readonly<Record<DestinationModel['type'], readonly string[] | null>> = {
    ga4: null,
    http: null,
    log: null,
    hubspot: ['hubspot.utk', 'hubspot.contact_id', 'person.email'],
    meta: ['meta.fbp', 'meta.fbc', 'meta.external_id', 'person.email', 'person.phone'],
    x: ['x.twclid', 'person.email', 'person.phone'],
  };
  const wanted = enough[model.type];
  return (
    wanted === null ||
    hasAny(
      event,
      may.filter((kind) => wanted.includes(kind) && !event.shared.has(kind)),
    )
  );
}

const NOT_TRACKED = new Set(['identify', 'join_group']);

/** The other direction: what the rules permit arrives. */
function arrivalFaults(
  visitor: Visitor,
  event: PlantedEvent,
  told: Explained,
  paper: Paper,
): readonly Fault[] {
  if (!visitor.tidy) return [];
  return paper.routing.destinations.flatMap((model) => {
    if (model.type === 'log') return [];
    const permission = permissionOf(model, visitor.world, event.model);
    if (permission.verdict !== 'forward' || !canPlace(model, event, visitor)) return [];
    if (NOT_TRACKED.has(event.model.name) && model.type !== 'http') return []; // only some vendors have a counterpart
    if (model.type === 'ga4' && event.model.receivedAt - event.model.occurredAt > 2 * 86_400_000) return []; // Google takes 72 hours
    const text = printed(requestsOf(told, model.name));
    const missing: string[] = [];
    if (text === '') missing.push('anything');
    if (event.model.name === 'purchase' && !text.includes(String(event.amount))) missing.push('the amount');
    if (
      event.model.name === 'purchase' &&
      model.type !== 'hubspot' &&
      !(text.includes('EUR') && text.includes('SKU-'))
    )
      missing.push('currency or items');
    const all = [...visitor.canaries, ...event.own];
    const sniffer = snifferFor(all);
    const found = new Set(sniffer.find(text).map(({ needle }) => needle.canary.kind));
    for (const kind of mustArrive(model, permission, event)) if (!found.has(kind)) missing.push(kind);
    return missing.map((each) => ({
      rule: `not arrived ${model.type} ${each}`,
      what: `${model.name} ${event.model.name} via ${visitor.protocol}: ${text} ${JSON.stringify(told.decisions.find(({ destination }) => destination === model.name))}`,
    }));
  });
}

/** Ids and person fields that have a place in every event of the vendor. */
function mustArrive(
  model: DestinationModel,
  { ids, person }: Permission,
  event: PlantedEvent,
): readonly string[] {
  const places: Readonly<Record<DestinationModel['type'], readonly string[]>> = {
    ga4: ['ga.client_id', 'ga.session_id'],
    hubspot: [],
    meta: ['meta.fbp', 'meta.external_id', 'person.email', 'person.first_name', 'person.last_name'],
    x: ['x.twclid', 'person.email'],
    http: [
      'site.anonymous_id',
      'site.order_id',
      'person.email',
      'person.phone',
      'person.city',
      'person.first_name',
      'person.street',
    ],
    log: [],
  };
  const may = [...ids, ...person.map((field) => `person.${field}`)];
  return may.filter(
    (kind) => places[model.type].includes(kind) && event.home.has(kind) && !event.shared.has(kind),
  );
}

export interface Run {
  readonly seed: number;
  events: number;
  /** Requests told. */
  requests: number;
  readonly faults: Fault[];
}

/** Visitors of one random routing file, each event told and held against the oracle. */
export function runPaper(seed: number, now: number, visitors: number): Run {
  const draw = new Draw(seed);
  const paper = paperWorld(draw, now);
  const run: Run = { seed, events: 0, requests: 0, faults: [] };
  for (let count = 0; count < visitors; count += 1) {
    const visitor = drawVisitor(draw, paper, now);
    const all = explained(visitor, paper, now);
    for (const [event, told] of all) {
      run.events += 1;
      run.requests += told.decisions.reduce((sum, { requests }) => sum + requests.length, 0);
      run.faults.push(
        ...canaryFaults(visitor, event, told, paper),
        ...consoleFaults(visitor, event, told),
        ...verdictFaults(visitor, event, told, paper),
        ...arrivalFaults(visitor, event, told, paper),
      );
    }
    run.faults.push(...pairFaults(visitor, all, paper), ...anonymousFaults(all, paper));
  }
  return run;
}
