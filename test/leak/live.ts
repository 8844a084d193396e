// The leak test on a running gateway: a process of its own, SQLite on disk, vendors that write down every byte. Everything that
// leaves, rests or is printed is looked through.

import { explainContext } from '../../src/app.ts';
import { explain } from '../../src/explain.ts';
import type { Explained } from '../../src/explain.ts';
import type { Canary } from './canaries.ts';
import { describe, mayStand, told as tell } from './judge.ts';
import { mayRest, permissionOf } from './oracle.ts';
import type { PlantedEvent, PlantedRequest } from './planting.ts';
import { Draw } from './random.ts';
import { SECRET } from './routing.ts';
import { needles, Sniffer } from './sniff.ts';
import type { Find } from './sniff.ts';
import { canPlace, lineOf } from './told.ts';
import type { Fault } from './told.ts';
import type { Got } from './vendors.ts';
import { drawRouting, drawVisitor, startWorld } from './world.ts';
import type { Running, Visitor } from './world.ts';

export interface LiveRun {
  readonly seed: number;
  events: number;
  requests: number;
  compared: number;
  readonly faults: Fault[];
}

interface Owner {
  readonly visitor: Visitor;
  readonly events: readonly PlantedEvent[];
}

/** Whose canaries they are. */
function ownersOf(visitors: readonly Visitor[]): ReadonlyMap<Canary, Owner> {
  const owners = new Map<Canary, Owner>();
  for (const visitor of visitors) {
    for (const canary of visitor.canaries) owners.set(canary, { visitor, events: visitor.events });
    for (const event of visitor.events)
      for (const canary of event.own) owners.set(canary, { visitor, events: [event] });
  }
  return owners;
}

class Watch {
  readonly sniffer: Sniffer;
  readonly #owners: ReadonlyMap<Canary, Owner>;
  readonly #faults: Fault[];

  constructor(visitors: readonly Visitor[], faults: Fault[]) {
    this.#owners = ownersOf(visitors);
    this.sniffer = new Sniffer([...this.#owners.keys()].flatMap(needles));
    this.#faults = faults;
  }

  /** Reports finds that the owner's permission does not cover. */
  judge(where: string, finds: readonly Find[], allowed: (find: Find, owner: Owner) => boolean): void {
    for (const find of finds) {
      const owner = this.#owners.get(find.needle.canary);
      if (owner === undefined || allowed(find, owner)) continue;
      const leak = describe(find, where, owner.events);
      this.#faults.push({
        rule: `${where}: ${leak.kind} ${leak.planted.map(({ place, encoding }) => `${place} | ${encoding}`).join(' ; ')}`,
        what: tell(leak),
      });
    }
  }

  /** Nothing at all may be found. */
  nothingIn(where: string, text: string): void {
    this.judge(where, this.sniffer.find(text), () => false);
  }

  resting(where: string, stored: string): void {
    this.judge(
      where,
      this.sniffer.plainly(stored),
      ({ needle }, { visitor, events }) =>
        needle.form === 'plain' && events.some(({ model }) => mayRest(needle.canary, visitor.world, model)),
    );
  }
}

const textOf = ({ method, url, rawHeaders, body }: Got): string =>
  `${method} ${url}\n${rawHeaders.join('\n')}\n${body}`;

/** Every request that vendors got. */
function checkGot(got: readonly Got[], watch: Watch, running: Running): void {
  for (const each of got) {
    const destination = running.routing.destinations.find(({ name }) => name === each.destination);
    if (destination === undefined) continue;
    watch.judge(
      `at ${destination.type}`,
      watch.sniffer.find(textOf(each)),
      ({ needle }, { visitor, events }) =>
        mayStand(
          needle,
          destination,
          visitor.world,
          events.map(({ model }) => model),
        ),
    );
  }
}

/** Rule 8: whoever may be known nowhere leaves no keyed digest either. */
function checkDigests(
  where: string,
  stored: string,
  visitors: readonly Visitor[],
  running: Running,
  faults: Fault[],
): void {
  const { keys } = explainContext(running.snapshot);
  for (const visitor of visitors) {
    const nowhere = visitor.events.every(({ model }) =>
      running.routing.destinations.every(
        (each) => permissionOf(each, visitor.world, model).verdict === 'nothing',
      ),
    );
    if (!nowhere) continue;
    const subjects = visitor.canaries.flatMap(({ kind, value }) => keys.subjectDigest(kind, value).all);
    const messages = visitor.events.flatMap(({ messageId }) =>
      messageId === null ? [] : [keys.dedupeDigest(visitor.site.name, messageId)],
    );
    for (const digest of [...subjects, ...messages])
      for (const form of [
        digest,
        Buffer.from(digest, 'base64url').toString('latin1'),
        Buffer.from(digest, 'hex').toString('latin1'),
      ])
        if (form.length >= 8 && stored.includes(form))
          faults.push({ rule: `${where}: keyed digest of a denied event`, what: digest });
  }
}

async function sendAll(
  running: Running,
  requests: readonly PlantedRequest[],
  watch: Watch,
  faults: Fault[],
): Promise<void> {
  const queue = [...requests];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { status, body } = await running.send(next);
      if (status >= 300) faults.push({ rule: `answered ${status}`, what: `${next.path} ${body}` });
      watch.nothingIn('answer', body);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

/** The other direction: a purchase that may be told arrives with its amount. */
function checkArrivals(
  got: readonly Got[],
  visitors: readonly Visitor[],
  running: Running,
  faults: Fault[],
): void {
  const byName = new Map(
    running.routing.destinations.map(({ name }) => [
      name,
      got
        .filter((each) => each.destination === name)
        .map(textOf)
        .join('\n'),
    ]),
  );
  for (const visitor of visitors.filter(({ tidy }) => tidy))
    for (const event of visitor.events) {
      const age = event.model.receivedAt - event.model.occurredAt;
      if (event.model.name !== 'purchase' || age > 2 * 86_400_000) continue;
      for (const destination of running.routing.destinations) {
        if (
          destination.type === 'log' ||
          permissionOf(destination, visitor.world, event.model).verdict !== 'forward'
        )
          continue;
        if (!canPlace(destination, event, visitor)) continue;
        if (byName.get(destination.name)?.includes(String(event.amount)) !== true)
          faults.push({
            rule: `${destination.type} did not get a purchase`,
            what: `${visitor.protocol} ${event.amount} ${JSON.stringify(visitor.consent.signals)}`,
          });
      }
    }
}

/** Requests that are refused, with canaries wherever they have room. */
function refusedRequests(visitor: Visitor): readonly PlantedRequest[] {
  const { requests, canaries } = visitor;
  const [first] = requests;
  if (first === undefined) return [];
  const some = canaries.map(({ value }) => value).join(' ');
  const path = encodeURIComponent(some).slice(0, 1500);
  const headers = {
    ...first.headers,
    authorization: `Basic ${Buffer.from(`${some.slice(0, 60)}:`).toString('base64')}`,
  };
  return [
    {
      ...first,
      method: 'POST',
      path: '/v1/track',
      headers,
      body: `{"writeKey":"${some.slice(0, 80)}","event":`,
    },
    {
      ...first,
      method: 'POST',
      path: '/v1/track',
      headers: { ...headers, origin: 'https://elsewhere.example' },
      body: JSON.stringify({ writeKey: some.slice(0, 80), event: some }),
    },
    { ...first, method: 'POST', path: `/v1/${path.slice(0, 200)}`, headers, body: some },
    {
      ...first,
      method: 'POST',
      path: '/g/collect',
      query: `v=2&tid=${path}&en=${path.slice(0, 100)}`,
      body: '',
    },
    {
      ...first,
      method: 'POST',
      path: '/mp/collect',
      query: `api_secret=${path}`,
      body: `{"client_id":${JSON.stringify(some)},"events":{}}`,
    },
    {
      ...first,
      method: 'GET',
      path: '/v1/consent',
      headers: { ...headers, authorization: `Bearer ${path.slice(0, 100)}` },
      body: '',
    },
  ];
}

async function checkSurroundings(running: Running, watch: Watch): Promise<void> {
  for (const path of ['/metrics', '/api/decisions', '/api/stats', '/api/config', '/api/outbox/dead', '/'])
    watch.nothingIn(path, await running.ask(path));
  watch.nothingIn('log', running.printed());
}

interface Batch {
  readonly held: boolean;
  readonly hostile: boolean;
  readonly visitors: number;
}

async function runBatch(
  draw: Draw,
  running: Running,
  run: LiveRun,
  { held, hostile, visitors: count }: Batch,
): Promise<void> {
  const visitors = Array.from({ length: count }, () => drawVisitor(draw, running, Date.now()));
  const watch = new Watch(visitors, run.faults);
  const before = running.vendors.got.length;
  running.vendors.hostile = hostile;
  if (held) running.vendors.hold();
  await sendAll(
    running,
    visitors.flatMap(({ requests }) => requests),
    watch,
    run.faults,
  );
  if (held) {
    const stored = running.stored();
    watch.resting('store, pending', stored);
    checkDigests('store, pending', stored, visitors, running, run.faults);
    running.vendors.release();
  }
  const [first] = visitors;
  for (const refused of first === undefined ? [] : refusedRequests(first))
    watch.nothingIn('refusal', (await running.send(refused)).body);
  await running.drained();
  const got = running.vendors.got.slice(before);
  checkGot(got, watch, running);
  if (!hostile) checkArrivals(got, visitors, running, run.faults);
  await checkSurroundings(running, watch);
  if (held || hostile) watch.resting('store', running.stored());
  run.events += visitors.reduce((sum, { events }) => sum + events.length, 0);
  run.requests += got.length;
}

interface Shown {
  readonly decisions: readonly {
    readonly at: string;
    readonly destination: string;
    readonly verdict: string;
    readonly reasons: readonly { readonly code: string; readonly detail: string | null }[];
  }[];
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Headers of the connection; the user agent is the gateway's own name, the same in every request. */
const TRANSPORT = /^(?:host|connection|content-length|user-agent)$/;
const AUTH = /^(?:authorization|x-sluis-signature|x-pixel-token)$/;

const byText = (one: readonly unknown[], other: readonly unknown[]): number =>
  String(one[0]) < String(other[0]) ? -1 : 1;

/** What is compared: secrets and signatures are left out, and keys made from an id of ours where the client sent none. */
function comparable(
  told: { method: string; url: string; headers: Readonly<Record<string, string>>; body: string | null },
  masked: boolean,
): string {
  const { pathname, search } = new URL(told.url, 'http://vendor.example');
  const headers = Object.entries(told.headers).filter(([name]) => !AUTH.test(name) && !TRANSPORT.test(name));
  const text =
    `${told.method} ${pathname}${search}\n${JSON.stringify(headers.toSorted(byText))}\n${told.body ?? ''}`.replaceAll(
      SECRET,
      '***',
    );
  return masked ? text.replaceAll(UUID, '(id)') : text;
}

const headersIn = (raw: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    raw.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? '']] : [])),
  );

function decisionsOf(
  told: readonly {
    destination: string;
    verdict: string;
    reasons: readonly { code: string; detail?: string | null }[];
  }[],
): string {
  return JSON.stringify(
    told
      .map(({ destination, verdict, reasons }) => [
        destination,
        verdict,
        reasons.map(({ code, detail }) => `${code} ${detail ?? ''}`),
      ])
      .toSorted(byText),
  );
}

/** "Done when" 6: the same decisions and the same unsigned bytes, one event at a time. */
async function compare(draw: Draw, running: Running, run: LiveRun): Promise<void> {
  const visitor = drawVisitor(draw, running, Date.now());
  const context = explainContext(running.snapshot);
  for (const request of visitor.requests) {
    const before = running.vendors.got.length;
    await running.send(request);
    await running.drained();
    const got = running.vendors.got.slice(before);
    const shown = JSON.parse(await running.ask('/api/decisions')) as Shown; // as it answers
    const at = shown.decisions[0]?.at ?? '';
    const told = explain(lineOf(request, Date.parse(at)), context, 0);
    if (told.length !== 1) continue; // a batch has its events in one request
    run.compared += 1;
    run.faults.push(
      ...differences(told[0] as Explained, {
        shown: shown.decisions.slice(0, running.routing.destinations.length),
        got,
        keyed: request.path.startsWith('/v1/'), // only the native API has message ids
      }),
    );
  }
}

function differences(
  told: Explained,
  { shown, got, keyed }: { shown: Shown['decisions']; got: readonly Got[]; keyed: boolean },
): readonly Fault[] {
  const faults: Fault[] = [];
  // what a vendor would refuse is known to `explain`; the running gateway learns it when it builds
  const decided = told.decisions.map((each) => ({
    ...each,
    reasons: each.reasons.filter(({ code }) => !BUILT.has(code)),
  }));
  if (decisionsOf(decided) !== decisionsOf(shown))
    faults.push({
      rule: 'explain decides otherwise',
      what: `${decisionsOf(decided)}\n${decisionsOf(shown)}`,
    });
  for (const { destination, verdict, requests } of told.decisions) {
    const masked = verdict === 'anonymous' || !keyed; // keys come from an id of ours, which is new each time
    const sent = got.filter((each) => each.destination === destination);
    const paper = requests.filter(({ url }) => url !== 'log:').map((each) => comparable(each, masked));
    const live = sent.map((each) => comparable({ ...each, headers: headersIn(each.rawHeaders) }, masked));
    if (paper.join('\n') !== live.join('\n'))
      faults.push({
        rule: `explain builds otherwise ${destination}`,
        what: `${paper.join('\n')}\n----\n${live.join('\n')}`,
      });
  }
  return faults;
}

/** Codes by which a type refuses an event while it builds. */
const BUILT = new Set([
  'too_old',
  'in_future',
  'value_missing',
  'event_name_invalid',
  'time_invalid',
  'event_not_mapped',
  'event_name_not_allowed',
]);

export interface LiveOptions {
  readonly batches: number;
  readonly visitors: number;
  readonly compared: number;
}

/** One routing file, many visitors. */
export async function runLive(seed: number, options: LiveOptions): Promise<LiveRun> {
  const draw = new Draw(seed);
  const running = await startWorld(drawRouting(draw, Date.now()));
  const run: LiveRun = { seed, events: 0, requests: 0, compared: 0, faults: [] };
  try {
    for (let batch = 0; batch < options.batches; batch += 1)
      await runBatch(draw, running, run, {
        held: batch % 3 === 0,
        hostile: batch % 3 === 2,
        visitors: options.visitors,
      });
    running.vendors.hostile = false;
    for (let count = 0; count < options.compared; count += 1) await compare(draw, running, run);
  } finally {
    await running.stop();
    running.remove();
  }
  return run;
}
