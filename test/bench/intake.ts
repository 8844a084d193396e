// `intake`: µs of CPU to open and read one event, and its ratio to JSON.parse of a purchase of about 900 bytes, which is what
// no reader of the Segment API can do without. Rounds alternate with those of JSON.parse, and the bodies differ in their ids.

import type { IntakeProtocol, IntakeRequest } from '../../src/core/plugin.ts';
import { gtag } from '../../src/intake/gtag.ts';
import { segment } from '../../src/intake/segment.ts';
import { NOW, site, snapshot } from '../support/snapshot.ts';
import { benchEvent } from './gateway.ts';
import { median } from './process.ts';

const BODIES = 200;
const ROUNDS = 31;
const BATCH = 20;

/** As long as a signed record is. */
const RECORD = `k1.${'eyJpZCI6InIxIiwibm90aWNlIjoiMjAyNi0wMSJ9'.repeat(5)}.${'Zm9v'.repeat(11)}`;
const EVENT = benchEvent(RECORD);
const numbered = (text: string, index: number): string =>
  text.replaceAll('{{n}}', String(100_000 + index)).replaceAll('{{v}}', String(1_000_000_000 + index));

const HEADERS = {
  host: 'metrics.shop.example',
  origin: 'https://shop.example',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
  'content-type': 'text/plain',
};

const HIT =
  'v=2&tid=G-ABC123&gtm=45je5b1v9&_p=17639000{{n}}&gcs=G111&gcd=13r3r3r3r5l1&npa=0&dma=1&cid=1837402915.1763{{n}}' +
  '&ul=nl-nl&sr=1920x1080&uaa=x86&uab=64&uamb=0&uap=Linux&_s=2&sid=1763{{n}}&sct=3&seg=1' +
  '&dl=https%3A%2F%2Fshop.example%2Fthanks%3Futm_source%3Dmail%26step%3D3&dr=https%3A%2F%2Fsearch.example%2F%3Fq%3Dboots' +
  '&dt=Thank%20you&en=purchase&cu=EUR&epn.value=49.9&ep.transaction_id=ord-{{n}}&ep.method=card' +
  '&pr1=idSKU-1~nmCanal%20boots~pr49.9~qt1&_et=1250';

const base = {
  ip: '203.0.113.7',
  receivedAt: NOW,
  limits: snapshot().server.limits,
  headers: HEADERS,
} as const;
const post = (path: string, body: string): IntakeRequest => ({
  ...base,
  method: 'POST',
  path,
  query: '',
  body: Buffer.from(body),
});
const batchBody = (first: number): string =>
  `{"writeKey":"shop-web","batch":[${Array.from({ length: BATCH }, (_, index) => numbered(EVENT, first + index)).join(',')}]}`;

const each = <T>(make: (index: number) => T): readonly T[] =>
  Array.from({ length: BODIES }, (_, index) => make(index));
const bodies = each((index) => Buffer.from(numbered(EVENT, index)));
const CASES: readonly {
  name: string;
  events: number;
  protocol: IntakeProtocol;
  requests: readonly IntakeRequest[];
}[] = [
  {
    name: 'one event',
    events: 1,
    protocol: segment,
    requests: each((index) => post('/v1/track', numbered(EVENT, index))),
  },
  {
    name: `batch of ${BATCH}, per event`,
    events: BATCH,
    protocol: segment,
    requests: each((index) => post('/v1/batch', batchBody(index))),
  },
  {
    name: 'gtag hit',
    events: 1,
    protocol: gtag,
    requests: each((index) => ({
      ...base,
      method: 'GET',
      path: '/g/collect',
      query: numbered(HIT, index),
      body: new Uint8Array(0),
    })),
  },
];

const context = {
  site: site({ writeKey: 'shop-web', tags: ['G-ABC123'] }),
  fromServer: false,
  idCookies: {},
  consentCookies: {},
};

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** µs per call of one round of about 20 ms. */
function round<T>(list: readonly T[], calls: number, run: (entry: T) => unknown): number {
  const begun = cpu();
  for (let done = 0; done < calls; done += list.length) for (const entry of list) run(entry);
  return (cpu() - begun) / calls;
}

const parseRounds: number[] = [];
const caseRounds = CASES.map((): number[] => []);
for (let index = 0; index < ROUNDS; index += 1) {
  parseRounds.push(round(bodies, 4_000, (body) => JSON.parse(body.toString('utf8')) as unknown));
  for (const [at, { events, protocol, requests }] of CASES.entries())
    caseRounds[at]?.push(
      round(requests, events === 1 ? 2_000 : 200, (request) => protocol.open(request).read(context)) / events,
    );
}

const print = (name: string, us: number, parse: number): void =>
  void process.stdout.write(
    `${JSON.stringify({ bench: 'intake', case: name, us: Number(us.toFixed(2)), parseRatio: Number((us / parse).toFixed(2)) })}\n`,
  );
const parse = median(parseRounds);
print('JSON.parse of one event', parse, parse);
for (const [at, { name }] of CASES.entries()) print(name, median(caseRounds[at] ?? []), parse);
