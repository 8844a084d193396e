// A visitor in a real browser: chooses, is recorded, types with real keys, and leaves. The recorder runs with settings that a careless
// site could give it, since what it may tell is up to the gateway.

import type { ExecutionContext } from 'ava';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { openPage } from '../../support/browser.ts';
import { until } from '../../support/gateway.ts';
import { PROJECT } from './gateway.ts';
import type { Wire } from './gateway.ts';
import { NEXT, START } from './pages.ts';
import { COOKIES, PLANTED, TYPED } from './secrets.ts';
import type { Mode } from './secrets.ts';

export const GRANTED = { recording: true, marketing: true, profiling: true };

const MODES: Readonly<Record<Mode, object>> = {
  strict: { content: false },
  balanced: { content: true },
  relaxed: { content: true, unmask: ['body'] },
};
const CARELESS = {
  projectId: PROJECT,
  upload: '/clarity/collect',
  delay: 300,
  track: true,
  fraud: true,
  cookies: Object.keys(COOKIES),
  regions: [[PLANTED.region.value, '#regionBox']],
};

/** What the pages hold, for functions that run there. */
interface PageWindow {
  readonly clarity: { (name: string, ...values: readonly unknown[]): unknown; readonly v?: string };
  readonly document: { title: string };
  readonly history: { pushState(state: object, title: string, address: string): void };
}

const LOOKS: BrowserContextOptions = { viewport: { width: 1000, height: 800 }, locale: 'en-GB' };

/** At any page, as a visitor with cookies of other systems. */
export async function openSite(
  t: ExecutionContext,
  { front }: Wire,
  { address = START, ...options }: BrowserContextOptions & { readonly address?: string } = {},
): Promise<Page> {
  const page = await openPage(t, { ...LOOKS, ...options });
  const cookies = Object.entries(COOKIES).map(([name, value]) => ({ name, value, url: front.origin }));
  await page.context().addCookies(cookies);
  await page.goto(front.origin + address);
  return page;
}

/** As the page itself would: the record comes back as a cookie. */
export const choose = (page: Page, purposes: Readonly<Record<string, boolean>>): Promise<number> =>
  page.evaluate(async (chosen) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ purposes: chosen });
    return (await fetch('/v1/consent', { method: 'PUT', headers, body })).status;
  }, purposes);

export const clarity = (page: Page, name: string, ...values: readonly unknown[]): Promise<unknown> =>
  page.evaluate(
    ([called, given]) => (globalThis as unknown as PageWindow).clarity(called, ...given), // defined by the library
    [name, values] as const,
  );

export const record = (page: Page, mode: Mode, settings: object = {}): Promise<unknown> =>
  clarity(page, 'start', { ...CARELESS, ...MODES[mode], ...settings });

/** Does the recorder run? While it is stopped, the library has no version. */
export const isRecording = (page: Page): Promise<boolean> =>
  page.evaluate(() => (globalThis as unknown as PageWindow).clarity.v !== undefined); // defined by the library

/** Browsers are slow where other work is done beside them. */
export const eventually = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
  until(what, holds, 60_000);

const KEY_MS = 30;
export const type = async (field: Locator, text: string): Promise<void> => {
  await field.click();
  await field.pressSequentially(text, { delay: KEY_MS });
};

async function fillForm(page: Page): Promise<void> {
  for (const name of ['text', 'email', 'password', 'card', 'iban', 'citizen', 'phone', 'unmarked'] as const)
    await type(page.locator(`#${name}`), TYPED[name].value);
  for (const name of ['reflected', 'synchronised', 'mirrored', 'becomesText'] as const)
    await type(page.locator(`#${name}`), TYPED[name].value);
  await type(page.locator('#shown'), TYPED.shown.value.slice(0, 5));
  await page.click('#show');
  await type(page.locator('#shown'), TYPED.shown.value.slice(5));
  await page.selectOption('#plan', 'b');
  await page.check('#radio');
  await page.check('#box');
}

/** All pages of a browser share it: one visitor at a time. */
let clipboard: Promise<void> = Promise.resolve();

async function cutAndPaste(field: Locator): Promise<void> {
  await field.press('Control+a');
  await field.press('Control+x');
  await eventually('the field to be cut', async () => (await field.inputValue()) === '');
  await field.press('Control+v');
  await eventually('the field to be pasted', async () => (await field.inputValue()) === TYPED.pasted.value);
}

/** With real keys. */
async function paste(page: Page): Promise<void> {
  const card = page.locator('#pasted');
  await type(card, TYPED.pasted.value);
  const turn = clipboard.then(() => cutAndPaste(card));
  clipboard = turn.catch(() => {}); // told by whose turn it was
  await turn;
}

async function edit(page: Page): Promise<void> {
  await type(page.locator('#edited'), TYPED.edited.value);
  await type(page.locator('#shadowInput'), TYPED.shadowInput.value);
  await type(page.locator('#shadowEdited'), TYPED.shadowEdited.value);
  const frame = page.frameLocator('#frame');
  await type(frame.locator('#frameInput'), TYPED.frameInput.value);
  await type(frame.locator('#frameEdited'), TYPED.frameEdited.value);
}

/** What sites and their scripts say by the library's own calls, and what breaks. */
async function call(page: Page): Promise<void> {
  const { identified, friendlyName } = PLANTED;
  await clarity(page, 'set', PLANTED.tagName.value, 'gold');
  await clarity(page, 'set', 'customer', [PLANTED.tagValue.value, 'gold']);
  await clarity(page, 'set', 'plan', ['Pewter', PLANTED.listedTagValue.value]);
  await clarity(page, 'identify', identified.value, 'session-77', 'page-88', friendlyName.value);
  await clarity(page, 'event', PLANTED.eventName.value);
  await clarity(page, 'event', 'bought', PLANTED.eventValue.value);
  await clarity(page, 'event', 'signup', PLANTED.listedEventValue.value);
  await page.evaluate((mail) => {
    setTimeout(() => {
      throw new Error(`no account for ${mail}`);
    });
  }, PLANTED.error.value);
  await page.evaluate(
    (title) => ((globalThis as unknown as PageWindow).document.title = title), // a page's
    `Hello ${PLANTED.titleName.value} ${PLANTED.title.value}`,
  );
  for (const id of ['#mailto', '#tel', '#send', '#text1']) await page.click(id);
  await page.click('#text1', { button: 'right' });
  await page.mouse.wheel(0, 150);
}

/** The sequence of the envelope and whether it is the last of its page visit. */
export const envelopeOf = (text: string): readonly unknown[] =>
  (JSON.parse(text) as { readonly e: readonly unknown[] }).e; // as the recorder sends it

const arrived = (wire: Wire, pageNumber: number, last: boolean): boolean =>
  wire.front.sent.some(({ text, answer }) => {
    const { 7: page, 9: end } = envelopeOf(text);
    return answer !== null && page === pageNumber && (!last || end === 1);
  });

/** Longer than the recorder waits for another key, 750 ms, or for a title to settle. */
const DEBOUNCE_MS = 1200;

/** As single-page sites go on: the recorder begins another page visit on the same document. */
export async function changeRoute(page: Page, wire: Wire): Promise<void> {
  await page.evaluate(
    (next) => (globalThis as unknown as PageWindow).history.pushState({}, '', next), // a page's
    NEXT,
  );
  await eventually('the second page visit', () => arrived(wire, 2, false));
}

/** Two page visits with everything that can be done on the page; resolves once the last upload has been answered. */
export async function visitAll(page: Page, wire: Wire): Promise<void> {
  await eventually('the first upload', () => arrived(wire, 1, false));
  await fillForm(page);
  await paste(page);
  await edit(page);
  await call(page);
  await page.waitForTimeout(DEBOUNCE_MS);
  await changeRoute(page, wire);
  await type(page.locator('#edited'), ` ${TYPED.later.value}`);
  await page.waitForTimeout(DEBOUNCE_MS);
  await page.goto('about:blank');
  await eventually('the last upload', () => arrived(wire, 2, true));
}
