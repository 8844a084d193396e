// Real Chromium and the recorder as npm has it: how uploads travel, which of the vendor's words the client hears, and that consent
// decides about each page visit and each upload.

import type { ExecutionContext } from 'ava';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { noBrowser } from '../support/browser.ts';
import { needing } from '../support/skip.ts';
import { eventsOf, read } from './browser/expand.ts';
import { startWire } from './browser/gateway.ts';
import type { Wire } from './browser/gateway.ts';
import type { Upload } from './browser/site.ts';
import {
  GRANTED,
  choose,
  envelopeOf,
  eventually,
  isRecording,
  openSite,
  record,
  type,
} from './browser/visitor.ts';

const test = needing(noBrowser);

const SEQUENCE = 1;
const PAGE = 7;
const BY_BEACON = 8;
const LAST = 9;

interface Visit {
  readonly wire: Wire;
  readonly page: Page;
}

/** A visitor who said yes to all, at a page that is not recorded yet. */
async function visit(
  t: ExecutionContext,
  options: BrowserContextOptions & { readonly address?: string } = {},
  purposes: Readonly<Record<string, boolean>> | null = GRANTED,
): Promise<Visit> {
  t.timeout(180_000); // ten at once take 50 s on two busy cores
  const wire = await startWire(t, 'balanced');
  const page = await openSite(t, wire, options);
  if (purposes !== null) t.is(await choose(page, purposes), 200);
  return { wire, page };
}

const envelopes = (uploads: readonly Upload[]): (readonly unknown[])[] =>
  uploads.map(({ text }) => envelopeOf(text));
const typesOf = (uploads: readonly Upload[]): Set<unknown> =>
  new Set(uploads.flatMap(({ text }) => eventsOf(text)).map(([, type]) => type));
const playbackOf = (uploads: readonly Upload[]): number =>
  uploads.reduce((count, { text }) => count + (read(text).p?.length ?? 0), 0);

/** Twice as long as the recorder waits for another upload in these tests, after so few. */
const QUIET_MS = 1500;

/** Whatever is done on the page now, nothing of it is sent any more. */
async function staysSilent(t: ExecutionContext, { wire, page }: Visit): Promise<void> {
  await eventually('the recorder to stop', async () => !(await isRecording(page)));
  await eventually('its last word', () => wire.front.sent.every(({ answer }) => answer !== null));
  await page.waitForTimeout(300); // a beacon may still be on its way
  const count = wire.front.sent.length;
  await type(page.locator('#edited'), 'Unheard');
  await page.waitForTimeout(QUIET_MS);
  t.is(wire.front.sent.length, count);
}

test('uploads go packed, again in plain text after a failure, and by beacon when the page is left', async (t) => {
  const { wire, page } = await visit(t);
  const { front, collector } = wire;
  let failures = 1;
  collector.answer = () => (failures-- > 0 ? { status: 500, text: '' } : { status: 204, text: '' });
  await record(page, 'balanced');
  const tries = (): Upload[] =>
    collector.got.filter(
      ({ text }) => envelopeOf(text)[SEQUENCE] === envelopeOf(collector.got[0]?.text ?? '')[SEQUENCE],
    );
  await eventually('the second try', () => tries().length >= 2);
  const tried = collector.got.length;
  await type(page.locator('#text'), 'Word');
  await eventually('an upload after it', () => collector.got.length > tried);
  await page.goto('about:blank');
  await eventually('the beacon', () =>
    envelopes(collector.got).some((envelope) => envelope[BY_BEACON] === 1),
  );
  const [first, second] = tries();
  t.deepEqual([first?.packed, second?.packed], [true, false]);
  t.is(first?.headers['accept'], 'application/x-clarity-gzip');
  t.is(second?.headers['content-type'], 'text/plain;charset=UTF-8');
  t.is(first?.text, second?.text);
  t.is(front.sent[0]?.answer?.status, 503);
  t.true(typesOf(collector.got).has(2));
  const last = collector.got.at(-1);
  t.false(last?.packed);
  t.is(envelopeOf(last?.text ?? '')[LAST], 1);
  for (const { headers } of collector.got) {
    t.is(headers['user-agent'], 'sluis');
    for (const name of ['cookie', 'referer', 'x-forwarded-for', 'sec-ch-ua', 'accept-language'])
      t.is(headers[name], undefined, name);
  }
});

test('the client hears `UPGRADE` and nothing that loads scripts or reads the page', async (t) => {
  const { wire, page } = await visit(t);
  const { front, collector } = wire;
  const words = [
    `MODULE ${front.origin}/module.js`,
    'EXTRACT 101|#x {"1":"#text1","2":"~document.cookie"}',
    'SIGNAL [{"type":"a","value":1}]',
    'ACTION x',
    'UPGRADE',
  ].join('\n');
  collector.answer = () => ({ status: 200, text: words });
  await record(page, 'balanced', { lean: true });
  await eventually('the upgrade', () => typesOf(collector.got).has(3));
  await type(page.locator('#text'), 'Word');
  await page.goto('about:blank');
  await eventually('the beacon', () => envelopes(collector.got).some((envelope) => envelope[LAST] === 1));
  t.is(playbackOf(collector.got.slice(0, 1)), 0);
  t.true(playbackOf(collector.got) > 0);
  for (const { answer, text } of front.sent)
    if (envelopeOf(text)[LAST] === 0) t.is(answer?.text.trim(), 'UPGRADE');
  t.false(typesOf(front.sent).has(40));
  t.deepEqual(
    front.asked.filter((path) => path.includes('module')),
    [],
  );
});

test('the vendor may end a recording', async (t) => {
  const visited = await visit(t);
  const { wire, page } = visited;
  wire.collector.answer = () => ({ status: 200, text: 'END' });
  await record(page, 'balanced');
  await staysSilent(t, visited);
  t.is(wire.front.sent[0]?.answer?.text, 'END');
  t.true(typesOf(wire.collector.got).has(35));
});

const without = (purpose: string) => ({ ...GRANTED, [purpose]: false });
const REFUSED: Readonly<
  Record<string, Parameters<typeof visit> extends [unknown, ...infer Rest] ? Rest : never>
> = {
  'nobody was asked': [{}, null],
  'recording was refused': [{}, without('recording')],
  'marketing was refused': [{}, without('marketing')],
  'profiling was refused': [{}, without('profiling')],
  'the browser sends GPC': [{ extraHTTPHeaders: { 'sec-gpc': '1' } }],
  'the page is sensitive': [{ address: '/account/orders' }],
};

for (const [why, options] of Object.entries(REFUSED))
  test(`nothing at all arrives, and the recorder stops, where ${why}`, async (t) => {
    const visited = await visit(t, ...options);
    await record(visited.page, 'balanced');
    await staysSilent(t, visited);
    const { front, collector } = visited.wire;
    t.is(front.sent[0]?.answer?.text, 'END');
    t.is(collector.got.length, 0);
  });

test('consent that is taken back ends a recording, and given again begins another', async (t) => {
  const visited = await visit(t);
  const { wire, page } = visited;
  const { front, collector } = wire;
  await record(page, 'balanced');
  await type(page.locator('#text'), 'Word');
  await eventually(
    'two uploads',
    () => collector.got.length >= 2 && front.sent.every(({ answer }) => answer),
  );
  t.is(await choose(page, { ...GRANTED, recording: false }), 200);
  const before = collector.got.length;
  const sentBefore = front.sent.length;
  await type(page.locator('#edited'), 'Withdrawn');
  await staysSilent(t, visited);
  t.is(front.sent[sentBefore]?.answer?.text, 'END');
  t.is(collector.got.length, before);
  t.is(await choose(page, GRANTED), 200);
  await record(page, 'balanced');
  await eventually('a new visit', () => collector.got.length > before);
  const [first] = envelopes(collector.got);
  const next = envelopes(collector.got)[before];
  t.is(next?.[SEQUENCE], 1);
  t.notDeepEqual([next?.[6], next?.[PAGE]], [first?.[6], first?.[PAGE]]);
  t.false(collector.got.some(({ text }) => text.includes('Withdrawn')));
});
