// The newcomer's path: trial mode as `npm start` runs it, the demo shop in a real browser, and within two seconds of a click
// the decisions in the console and the requests at the vendors' stand-ins.

import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import type { ShownDecision } from '../../src/console/view.ts';
import type { SeenRequest } from '../../src/trial/standIns.ts';
import { noBrowser, openPage } from '../support/browser.ts';
import { temporaryFolder, until } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';

const test = needing(noBrowser);
const ROOT = resolve(import.meta.dirname, '../..');
const SOON_MS = 2000;

interface Trial {
  readonly shop: string;
  readonly console: string;
  seen(): Promise<readonly SeenRequest[]>;
  decisions(): Promise<readonly ShownDecision[]>;
}

/** The shipped routing file on free ports. */
function trialFile(t: ExecutionContext): { readonly folder: string; readonly file: string } {
  const folder = temporaryFolder(t);
  const file = join(folder, 'gateway.yaml');
  const shipped = readFileSync(join(ROOT, 'config/gateway.yaml'), 'utf8');
  writeFileSync(file, shipped.replace(/listen: .*/, 'listen: 127.0.0.1:0\n  admin: 127.0.0.1:0'));
  return { folder, file };
}

async function startTrial(t: ExecutionContext): Promise<Trial> {
  const { folder, file } = trialFile(t);
  const main = join(ROOT, 'src/main.ts');
  const child = spawn(process.execPath, [main, 'serve', '--trial', '--shop-port', '0', '--config', file], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  t.teardown(async () => {
    child.kill('SIGTERM');
    const code = await exited;
    if (code !== 0) throw new Error(`asked to end, it ended with ${code}`);
  });
  const heard: string[] = [];
  const found: Record<string, string> = {};
  createInterface({ input: child.stderr }).on('line', (line) => {
    heard.push(line);
    const [, name, address] = /^\s+(Demo shop|Console|Gateway)\s+(\S+)$/.exec(line) ?? [];
    if (name !== undefined && address !== undefined) found[name] = address;
  });
  await until('the addresses of the trial', () => {
    if (child.exitCode !== null) throw new Error(heard.join('\n'));
    return Object.keys(found).length === 3;
  });
  const { 'Demo shop': shop = '', Console: consoleUrl = '' } = found;
  const json = async (address: string): Promise<unknown> => (await fetch(address)).json();
  return {
    shop,
    console: consoleUrl,
    seen: async () => (await json(`${shop}seen.json`)) as readonly SeenRequest[], // as it answers
    decisions: async () =>
      ((await json(`${consoleUrl}api/decisions`)) as { readonly decisions: readonly ShownDecision[] })
        .decisions, // as it answers
  };
}

/** The shop in a browser; a script error or a refused style on it fails the test. */
async function openShop(t: ExecutionContext, trial: Trial, address = trial.shop): Promise<Page> {
  const page = await openPage(t);
  page.on('pageerror', (error) => t.fail(`the page threw ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') t.fail(`the page said ${message.text()}`);
  });
  await page.goto(address);
  return page;
}

const choice = (page: Page, text: string): Promise<unknown> =>
  page.locator('#choice', { hasText: text }).waitFor();

/** Vendors by the button that reaches them, when everything is allowed. */
const BUTTONS: readonly {
  readonly name: RegExp;
  readonly event: string;
  readonly vendors: readonly string[];
}[] = [
  { name: /View boots/, event: 'view_item', vendors: ['ga4', 'http', 'hubspot', 'meta', 'x'] },
  { name: /Add to cart/, event: 'add_to_cart', vendors: ['ga4', 'http', 'hubspot', 'meta', 'x'] },
  { name: /Buy/, event: 'purchase', vendors: ['ga4', 'http', 'hubspot', 'meta', 'x'] },
  { name: /newsletter/, event: 'identify', vendors: ['http', 'hubspot'] },
];
const DESTINATIONS = 6;

test('each click shows up as decisions and as accepted requests within two seconds', async (t) => {
  const trial = await startTrial(t);
  const page = await openShop(t, trial);
  await page.getByRole('button', { name: 'Accept all' }).click();
  await choice(page, 'You allowed');
  for (const { name, event, vendors } of BUTTONS) {
    const before = (await trial.seen()).length;
    await page.getByRole('button', { name }).click();
    await until(
      `${event} at ${vendors.join(', ')}`,
      async () => (await trial.seen()).length >= before + vendors.length,
      SOON_MS,
    );
    const fresh = (await trial.seen()).slice(before);
    t.deepEqual(fresh.map(({ vendor }) => vendor).sort(), vendors);
    t.deepEqual(
      fresh.flatMap(({ problems }) => problems),
      [],
    );
    t.true(fresh.every(({ accepted }) => accepted === 1));
    const told = (await trial.decisions()).filter((each) => each.event === event);
    t.is(told.length, DESTINATIONS, 'one decision a destination');
    t.true(told.every(({ reasons }) => reasons.length > 0));
    t.is(told.filter(({ verdict }) => verdict === 'forward').length, vendors.length + 1, 'and the log');
  }
  const shown = page.locator('#seen li');
  await until('all requests on the page', async () => (await shown.count()) === 17, SOON_MS);
  t.is(await page.locator('#seen .bad').count(), 0);
  await page.goto(trial.console);
  const rows = page.locator('#decisions tr');
  await until('all decisions in the console', async () => (await rows.count()) === 24, SOON_MS);
});

test('reject all: every decision is a refusal, and nothing reaches a vendor', async (t) => {
  const trial = await startTrial(t);
  const page = await openShop(t, trial);
  await page.getByRole('button', { name: 'Reject all' }).click();
  await choice(page, 'You refused everything');
  for (const { name } of BUTTONS) await page.getByRole('button', { name }).click();
  await until('all decisions', async () => (await trial.decisions()).length === 24, SOON_MS);
  t.true((await trial.decisions()).every(({ verdict }) => verdict === 'block'));
  t.deepEqual(await trial.seen(), []);
});

test('before any choice nothing is permitted', async (t) => {
  const trial = await startTrial(t);
  const page = await openShop(t, trial);
  await page.getByRole('button', { name: /View boots/ }).click();
  await until('the decisions', async () => (await trial.decisions()).length === DESTINATIONS, SOON_MS);
  t.true((await trial.decisions()).every(({ verdict }) => verdict === 'block'));
  t.deepEqual(await trial.seen(), []);
});

test('some purposes reach the vendors that need no others', async (t) => {
  const trial = await startTrial(t);
  const page = await openShop(t, trial);
  await page.getByRole('checkbox', { name: /Analytics/ }).check();
  await page.getByRole('button', { name: 'Save my choice' }).click();
  await choice(page, 'You allowed analytics.');
  await page.getByRole('button', { name: /Buy/ }).click();
  await until('two requests', async () => (await trial.seen()).length >= 2, SOON_MS);
  await until('all decisions', async () => (await trial.decisions()).length === DESTINATIONS, SOON_MS);
  t.deepEqual((await trial.seen()).map(({ vendor }) => vendor).sort(), ['ga4', 'http']);
  t.false((await trial.seen()).some(({ body }) => body.includes('ada@shop.example')));
});

test('a reload keeps the choice at a shop that is called by its number', async (t) => {
  const trial = await startTrial(t);
  const page = await openShop(t, trial, trial.shop.replace('localhost', '127.0.0.1'));
  await page.getByRole('button', { name: 'Reject all' }).click();
  await choice(page, 'You refused everything');
  await page.reload();
  await choice(page, 'You refused everything');
  t.false(await page.locator('#banner').isVisible());
});

test('a reload keeps the choice; taken back, nothing more goes out', async (t) => {
  const trial = await startTrial(t);
  const page = await openShop(t, trial);
  await page.getByRole('button', { name: 'Accept all' }).click();
  await choice(page, 'You allowed');
  await page.reload();
  await choice(page, 'You allowed analytics, marketing, profiling, audience matching.');
  t.false(await page.locator('#banner').isVisible());
  await page.getByRole('button', { name: /View boots/ }).click();
  await until('five requests', async () => (await trial.seen()).length === 5, SOON_MS);
  await page.getByRole('button', { name: 'Take it back' }).click();
  await choice(page, 'Taken back');
  t.true(await page.locator('#banner').isVisible());
  await page.getByRole('button', { name: /Buy/ }).click();
  await until('the decisions', async () => (await trial.decisions()).length === 12, SOON_MS);
  t.true(
    (await trial.decisions())
      .filter(({ event }) => event === 'purchase')
      .every(({ verdict }) => verdict === 'block'),
  );
  t.is((await trial.seen()).length, 5);
  await page.reload();
  await page.locator('#banner').waitFor({ state: 'visible' });
  t.is(await page.locator('#choice').textContent(), 'No choice yet: nothing is permitted.');
});

test('the shop works by keyboard alone', async (t) => {
  const trial = await startTrial(t);
  const page = await openShop(t, trial);
  const focused = (): Promise<string> => page.locator(':focus').evaluate((node) => String(node.textContent));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space'); // the first box of the banner comes first
  t.true(await page.getByRole('checkbox', { name: /Analytics/ }).isChecked());
  await page.keyboard.press('Enter');
  await choice(page, 'You allowed analytics.');
  t.is(await focused(), 'You allowed analytics.', 'the focus is where the answer stands');
  await page.keyboard.press('Tab');
  t.is(await focused(), 'Change my choice');
  await page.keyboard.press('Enter');
  await page.locator('#banner').waitFor({ state: 'visible' });
  t.true(await page.getByRole('checkbox', { name: /Analytics/ }).evaluate((node) => node.matches(':focus')));
});
