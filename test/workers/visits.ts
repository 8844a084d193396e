// Page visits that are recorded, as the tests of workers and gateways have them: each upload on a connection of its own, and a collector
// that keeps what reaches it. Whether a visit was known where an upload came shows in its clicks: what a known heading says leaves, what
// a node says that nobody has seen is masked.

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { RECORD_COOKIE } from '../../src/core/consent.ts';
import { ask } from '../http/fixture.ts';
import type { Reply } from '../http/fixture.ts';
import { chooseConsent, WRITE_KEY } from '../support/gateway.ts';
import type { Gateway, Routing } from '../support/gateway.ts';

export const ORIGIN = 'https://shop.example';
const PROJECT = 'mustershop1';

/** A shop that lets its pages be recorded, and masks only what it has to. */
export const recordingRouting =
  (collector: string, over = '') =>
  ({ folder, origins, workers = 0 }: Routing): string => `
server: { listen: 127.0.0.1:0, admin: 127.0.0.1:0, allowPrivateEndpoints: true, workers: ${workers}, limits: { ratePerSecond: 0 } }
store: ${JSON.stringify(`sqlite:${folder}/sluis.db`)}
secrets: [{ id: k1, value: "\${SLUIS_SECRET}" }]
sites:
  shop: { writeKey: ${WRITE_KEY}, origins: ${JSON.stringify(origins)}, tags: [${PROJECT}] }
notices:
  - { id: '2026-01', from: 2020-01-01T00:00:00Z, discloses: { clarity: [recording, marketing, profiling] } }
destinations:
  clarity:
    type: clarity
    project: ${PROJECT}
    upload: https://k.clarity.ms/collect
    endpoint: ${collector}
    clarity: { text: balanced }
    concurrency: 32
    ${over}
`;

/** The record of a visitor who may be recorded. */
export const willing = (gateway: Gateway): Promise<string> =>
  chooseConsent(gateway.url, { recording: true, marketing: true, profiling: true });

/** One page visit. Its ids have the form of the recorder's own. */
export interface Visit {
  readonly user: string;
  readonly session: string;
}

export const visits = (count: number): readonly Visit[] =>
  Array.from({ length: count }, (_, index) => ({
    user: (900_000_000 + index).toString(36),
    session: (1_900_000_000 + index).toString(36),
  }));

const WORDS = ['Kanal', 'Boote', 'Schleuse', 'Hafen', 'Lotse', 'Anker', 'Segel', 'Ruder'];

/** What the heading says when it is clicked in upload number `sequence` of any visit. */
export const textOf = (sequence: number): string => `Neues aus ${WORDS[sequence % WORDS.length] ?? ''}`;

const HEADING = 6;
const click = (sequence: number, atMs: number): readonly unknown[] => {
  const [where, hash] = [[600, 39, 16383, 15940, 0, 1, 0], '1aoorax78.7l8akqgaw'];
  return [atMs, 9, HEADING, ...where, textOf(sequence), null, hash, 1, 1, 1184, 37, 'h1', '', '', 0];
};

const PAGE = ['*D', 'name=html', 'publicId=', 'systemId=', 3, 1, 2, 'HTML', 'lang=de', 4, 3, 'HEAD'];
const BODY = ['*B=https://shop.example/', 5, 3, 4, 'BODY', HEADING, 5, 'H1', 7, HEADING, '*T', 'Start'];

/** Stands in a field of the page. */
export const TYPED = 'Sommer2024';
const FIELD = [8, 5, HEADING, 'INPUT', 'type=text', `value=${TYPED}`];

/** Paragraphs with a text each, from node 1000 on. */
const paragraphs = (count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, index) => {
    const id = 1000 + 2 * index;
    return [
      id,
      5,
      index === 0 ? 8 : id - 2,
      'P',
      `class=teaser t${index}`,
      id + 1,
      id,
      '*T',
      `Absatz ${index} im Laden`,
    ];
  }).flat();

/** The page at first, of so many paragraphs, then a paragraph more with each upload. */
function playback(sequence: number, startMs: number, count: number): readonly unknown[] {
  if (sequence === 1) return [[startMs, 5, 2, ...PAGE, ...BODY, ...FIELD, ...paragraphs(count)]];
  const id = 100 + 2 * sequence;
  return [[startMs, 6, id, 5, HEADING, 'P', id + 1, id, '*T', `Absatz ${sequence}`]];
}

/** Its body, as the recorder writes it but for strings that repeat, which it would write once. */
export function uploadOf({ user, session }: Visit, sequence: number, count = 1): string {
  const startMs = (sequence - 1) * 60_000;
  const envelope = ['0.8.70', sequence, startMs, 500, PROJECT, user, session, 1, 0, 0, 0, `${ORIGIN}/`];
  const e = JSON.stringify(envelope);
  const a = JSON.stringify([
    [startMs + 50, 8, 1200, 900],
    ...(sequence === 1 ? [] : [click(sequence, startMs + 200)]),
  ]);
  const p = JSON.stringify(playback(sequence, startMs + 100, count));
  return `{"e":${e},"a":${a},"p":${p}}`;
}

/** An upload on a connection of its own, packed as browsers send them. */
export const send = (
  gateway: Pick<Gateway, 'app'>,
  { visit, sequence, record }: { visit: Visit; sequence: number; record: string },
): Promise<Reply> =>
  ask(gateway.app.publicPort, {
    method: 'POST',
    path: `/clarity/collect?v=${visit.session}`,
    headers: {
      host: 'tags.shop.example',
      origin: ORIGIN,
      accept: 'application/x-clarity-gzip',
      cookie: `${RECORD_COOKIE}=${record}`,
    },
    body: gzipSync(uploadOf(visit, sequence)),
  });

export interface Arrived {
  readonly user: string;
  readonly session: string;
  readonly sequence: number;
  readonly body: string;
}

export interface Collector {
  readonly url: string;
  readonly arrived: Arrived[];
  /** Uploads that are not answered until it is released. */
  hold(): void;
  release(): void;
  /** Answers the oldest that is held. */
  releaseOne(): void;
  readonly held: () => number;
}

const unpacked = (body: Buffer): string => (body[0] === 0x1f ? gunzipSync(body) : body).toString('utf8');

function arrivedIn(body: string): Arrived {
  const { e } = JSON.parse(body) as { e: readonly unknown[] }; // as the gateway writes it
  return { sequence: Number(e[1]), user: String(e[5]), session: String(e[6]), body };
}

/** The vendor's end. */
export async function startCollector(t: ExecutionContext): Promise<Collector> {
  const arrived: Arrived[] = [];
  const held: (() => void)[] = [];
  let holding = false;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      arrived.push(arrivedIn(unpacked(Buffer.concat(parts))));
      if (holding) held.push(() => response.end());
      else response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return {
    url: `http://127.0.0.1:${port}`,
    arrived,
    hold: () => void (holding = true),
    release() {
      holding = false;
      for (const each of held.splice(0)) each();
    },
    releaseOne: () => held.shift()?.(),
    held: () => held.length,
  };
}
