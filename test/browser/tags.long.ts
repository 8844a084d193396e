// The page script in a real browser, with the unmodified recorder: nothing runs without a yes, what runs sends to the gateway alone, and
// a no ends it. The gateway stands under the page's own address, and on a sub-domain of it.

import type { Page } from 'playwright-core';
import { noBrowser } from '../support/browser.ts';
import { until } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { CLARITY, HOTJAR, NOTHING, staged } from './stage.ts';
import type { Staged, Upload } from './stage.ts';

const test = needing(noBrowser);

/** Pages of all these tests share a browser, so each may take its time. */
const soon = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
  until(what, holds, 30_000);

const ALL = { tags: [HOTJAR], recordings: [CLARITY], refused: [] };
const VENDOR = 'x.clarity.ms/collect';
/** Cookies as a former installation of Clarity left them: the session's names the vendor, the user's says that tracking is allowed. */
const session = (upload: string): string => ['2sfkfr', Date.now() - 60_000, 3, 1, upload].join('^');
const USER = 'lrr4fn^2^g8w^1^0';

async function plant(page: Page, cookies: Readonly<Record<string, string>>, domain = ''): Promise<void> {
  for (const [name, value] of Object.entries(cookies))
    await page.evaluate<void>(
      `document.cookie = ${JSON.stringify(`${name}=${encodeURIComponent(value)}; Path=/; Max-Age=9999${domain}`)}`,
    );
}

/** Asks again, and waits for what follows from the answer. */
async function refresh({ page }: Staged): Promise<void> {
  await page.waitForFunction('window.sluis?.tags !== undefined');
  await page.evaluate<unknown>('window.sluis.tags.refresh()');
}

/** A page whose script has done what it may. */
async function settled(stage: Staged): Promise<void> {
  await stage.open();
  await refresh(stage);
}

const storedTab = ({ page }: Staged): Promise<string | null> =>
  page.evaluate<string | null>("sessionStorage.getItem('_cltk')");
/** User, session and number of each page view that was recorded. */
const pagesOf = ({ uploads }: Staged): readonly string[] => [
  ...new Set(uploads.map(({ e }) => e.slice(5, 8).join(' '))),
];
const ids = ({ e }: Staged['uploads'][number]): readonly unknown[] => e.slice(4, 8);

for (const apart of [false, true]) {
  const where = apart ? 'on a sub-domain' : 'under the same origin';

  test(`without a yes nothing is asked for but the question, and old cookies go (gateway ${where})`, async (t) => {
    const stage = await staged(t, { apart });
    await settled(stage);
    await plant(stage.page, { _clck: USER, _clsk: session(VENDOR) });
    await plant(stage.page, { _clck: USER, _clsk: session(VENDOR) }, '; Domain=shop.localhost');
    await stage.page.evaluate<void>("sessionStorage.setItem('_cltk', 'abc')");
    t.is((await stage.cookies('_clck')).length, 2);
    await settled(stage);
    t.deepEqual(await stage.cookies('_clck'), []);
    t.deepEqual(await stage.cookies('_clsk'), []);
    t.is(await storedTab(stage), null);
    t.deepEqual(
      [...new Set(stage.asked.map((address) => new URL(address).pathname))],
      ['/tags.js', '/v1/tags'],
    );
    t.is(await stage.page.evaluate<string>('typeof window.clarity'), 'undefined');
  });

  test(`with a yes tags load once and the recorder sends to the gateway alone (gateway ${where})`, async (t) => {
    const stage = await staged(t, { apart });
    stage.permitted = ALL;
    await settled(stage);
    await refresh(stage);
    await soon('an upload', () => stage.uploads.length > 0);
    t.deepEqual(stage.foreign, [HOTJAR.src]);
    t.is(await stage.page.evaluate<number>('window.ran'), 1);
    t.is(stage.asked.filter((address) => address === `${stage.gateway}/clarity.js`).length, 1);
    for (const { url, e } of stage.uploads) {
      t.is(url.origin, stage.gateway);
      t.regex(url.searchParams.get('v') ?? '', /^[0-9a-z]{1,7}$/);
      t.is(e[4], 'mustershop1');
    }
    const consents = stage.uploads.flatMap(({ a }) => a.filter((event) => event[1] === 47));
    t.true(consents.some((event) => event[3] === 1 && event[4] === 1));
    t.is((await stage.cookies('_clck')).length, 1);
  });

  test(`a session's cookie that names the vendor sends nothing there, and the session goes on (gateway ${where})`, async (t) => {
    const stage = await staged(t, { apart });
    await settled(stage);
    for (const domain of ['', '; Domain=shop.localhost'])
      await plant(stage.page, { _clck: USER, _clsk: session(VENDOR) }, domain);
    stage.permitted = { ...ALL, tags: [] };
    await settled(stage);
    await soon('an upload', () => stage.uploads.length > 0);
    await stage.open('/pages/second');
    await refresh(stage);
    await soon('an upload of the second page', () => pagesOf(stage).length > 1);
    t.deepEqual(pagesOf(stage), ['lrr4fn 2sfkfr 4', 'lrr4fn 2sfkfr 5']);
    t.deepEqual(stage.foreign, []);
  });

  test(`a no ends it at once, and no route change or movement begins it again (gateway ${where})`, async (t) => {
    const stage = await staged(t, { apart });
    stage.permitted = ALL;
    await settled(stage);
    await soon('an upload', () => stage.uploads.length > 0);
    // A route change makes the library begin again by itself after 250 ms.
    await stage.page.evaluate<void>("history.pushState({}, '', '/pages/other')");
    stage.permitted = NOTHING;
    await stage.page.evaluate<void>("document.dispatchEvent(new Event('sluis:consent'))");
    await soon('cookies to go', async () => (await stage.cookies('_clck')).length === 0);
    const [ended, recorded] = [stage.uploads.length, pagesOf(stage)];
    await stage.page.evaluate<void>("history.pushState({}, '', '/pages/third')");
    await stage.page.mouse.move(100, 100);
    await stage.page.mouse.move(200, 200);
    await stage.page.fill('#name', 'Ada');
    // Longer than the library waits before it begins again (250 ms) and before it sends what it has (1 s).
    await stage.page.evaluate<void>('new Promise((done) => setTimeout(done, 2500))');
    // What was under way when it ended is all that can still come in: the last upload of a page view that had begun.
    t.deepEqual(pagesOf(stage), recorded);
    t.true(stage.uploads.slice(ended).every(({ e }) => e[9] === 1));
    t.false(JSON.stringify(stage.uploads.slice(ended)).includes('/pages/third'));
    t.deepEqual(await stage.cookies('_clck'), []);
    t.deepEqual(await stage.cookies('_clsk'), []);
    t.is(await storedTab(stage), null);
  });

  test(`a yes after a no is a new visit (gateway ${where})`, async (t) => {
    const stage = await staged(t, { apart });
    stage.permitted = { ...ALL, tags: [] };
    await settled(stage);
    await soon('an upload', () => stage.uploads.length > 0);
    stage.permitted = NOTHING;
    await refresh(stage);
    stage.permitted = { ...ALL, tags: [] };
    await refresh(stage);
    const first = stage.uploads[0];
    const isOther = (upload: Upload): boolean => upload.e[5] !== first?.e[5] && upload.e[6] !== first?.e[6];
    await soon('an upload of another visitor and session', () => stage.uploads.some(isOther));
    const again = stage.uploads.find(isOther);
    t.is(again?.e[1], 1, 'its first upload');
    t.not(first?.url.search, again?.url.search);
  });
}

test('the trap is real: without the script the library sends to the vendor', async (t) => {
  const stage = await staged(t);
  await settled(stage);
  await plant(stage.page, { _clsk: session(VENDOR) });
  await stage.page.addScriptTag({ url: `${stage.gateway}/clarity.js` });
  await stage.page.evaluate<void>(
    "window.clarity('start', { projectId: 'mustershop1', upload: '/clarity/collect', track: true })",
  );
  await soon('an upload to the vendor', () => stage.foreign.some((address) => address.includes(VENDOR)));
  t.deepEqual(stage.uploads, []);
});

test('what the page tells the recorder after a no is not told later', async (t) => {
  const stage = await staged(t);
  stage.permitted = { ...ALL, tags: [] };
  await settled(stage);
  await soon('an upload', () => stage.uploads.length > 0);
  stage.permitted = NOTHING;
  await refresh(stage);
  await stage.page.evaluate<void>("window.clarity('event', 'told-after-the-no')");
  const before = stage.uploads.length;
  stage.permitted = { ...ALL, tags: [] };
  await refresh(stage);
  await stage.page.evaluate<void>("window.clarity('event', 'told-after-the-yes')");
  await soon('what was told', () => JSON.stringify(stage.uploads).includes('told-after-the-yes'));
  t.true(stage.uploads.length > before);
  t.false(JSON.stringify(stage.uploads).includes('told-after-the-no'));
});

test('included twice, it asks and loads once', async (t) => {
  const stage = await staged(t);
  stage.permitted = ALL;
  await stage.open('/pages/boots', { times: 2 });
  await soon('an upload', () => stage.uploads.length > 0);
  t.is(stage.asked.filter((address) => address.includes('/v1/tags')).length, 1);
  t.deepEqual(stage.foreign, [HOTJAR.src]);
  t.is(new Set(stage.uploads.map((upload) => JSON.stringify(ids(upload)))).size, 1);
});

test('a question without an answer loads nothing and stops what runs', async (t) => {
  const stage = await staged(t);
  stage.permitted = null;
  await settled(stage);
  t.deepEqual(stage.foreign, []);
  t.is(await stage.page.evaluate<string>('typeof window.clarity'), 'undefined');
  stage.permitted = ALL;
  await refresh(stage);
  await soon('an upload', () => stage.uploads.length > 0);
  stage.permitted = null;
  await refresh(stage);
  t.deepEqual(await stage.cookies('_clck'), []);
});

test('a refused library stays away, and is tried again when asked', async (t) => {
  const stage = await staged(t);
  stage.permitted = { ...ALL, tags: [] };
  await stage.page.route('**/clarity.js', (route) => route.abort(), { times: 1 });
  await settled(stage);
  await refresh(stage);
  await soon('uploads after the second try', () => stage.uploads.length > 0);
  t.pass();
});

test('another instance of the recorder on the page is not taken for ours', async (t) => {
  const stage = await staged(t);
  await stage.page.addInitScript(
    "window.clarity = Object.assign(() => { window.called = true; }, { v: '0.8.1' });",
  );
  stage.permitted = ALL;
  await settled(stage);
  t.false(stage.asked.some((address) => address.endsWith('/clarity.js')));
  t.is(await stage.page.evaluate<string>('typeof window.called'), 'undefined');
});

test('what loaded and is not permitted any more is told, as it cannot be taken out', async (t) => {
  const stage = await staged(t);
  stage.permitted = { ...ALL, recordings: [] };
  await settled(stage);
  const detail = stage.page.evaluate<unknown>(
    "new Promise((done) => document.addEventListener('sluis:tags', (event) => done(event.detail), { once: true }))",
  );
  stage.permitted = NOTHING;
  await refresh(stage);
  t.deepEqual(await detail, { answered: true, loaded: ['hotjar'], withdrawn: ['hotjar'], recording: false });
});

test('the header that `check` advises lets all of it run, and keeps the library from the vendor', async (t) => {
  const stage = await staged(t, { apart: true });
  const csp = `default-src 'self' ${stage.gateway} https://static.hotjar.com https://*.hotjar.com`;
  stage.permitted = ALL;
  await stage.open('/pages/boots', { csp });
  await soon('an upload', () => stage.uploads.length > 0);
  await soon('the tag', () => stage.foreign.length > 0);
  t.deepEqual(stage.foreign, [HOTJAR.src]);
  const sent = stage.page.evaluate<string>(
    "fetch('https://x.clarity.ms/collect', { method: 'POST', mode: 'no-cors' }).then(() => 'sent', () => 'blocked')",
  );
  t.is(await sent, 'blocked');
  t.deepEqual(stage.foreign, [HOTJAR.src]);
});

test('the question names the page without its query, and the page before it', async (t) => {
  const stage = await staged(t);
  await stage.open('/pages/first?email=ada%40shop.example');
  await refresh(stage);
  await stage.page.evaluate<void>("location.href = '/pages/boots?email=ada%40shop.example#/route?token=abc'");
  await soon('the second page to ask', () => stage.asked.some((address) => address.includes('route')));
  const last = new URL(stage.asked.findLast((address) => address.includes('/v1/tags')) ?? '');
  t.is(last.searchParams.get('page'), `${stage.origin}/pages/boots#/route`);
  t.is(last.searchParams.get('referrer'), `${stage.origin}/pages/first`);
  t.false(stage.asked.some((address) => address.includes('ada')));
});
