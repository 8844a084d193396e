// What is typed comes back in the page itself: greetings, previews, lists, titles, class names. In a real browser that is recorded
// without any masking of its own, nothing of it arrives, key by key or later.

import type { ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { noBrowser } from '../support/browser.ts';
import { needing } from '../support/skip.ts';
import { viewsOf } from './browser/expand.ts';
import { startWire } from './browser/gateway.ts';
import type { Wire } from './browser/gateway.ts';
import { found } from './browser/oracle.ts';
import { TYPED } from './browser/secrets.ts';
import type { Text } from './browser/secrets.ts';
import type { Upload } from './browser/site.ts';
import { GRANTED, changeRoute, choose, envelopeOf, eventually, openSite } from './browser/visitor.ts';
import { record, type } from './browser/visitor.ts';

const test = needing(noBrowser);

const PLACES = `<h2 id="greeting">Hello</h2><p id="summary">Summary</p><ul id="list"></ul><p id="preview">Preview</p><p><b id="named"></b></p>
  <output id="letters"></output><svg width="100" height="20"><text id="drawn" y="15"></text></svg><button id="pressed" type="button">
  Press</button><p id="late">Late</p>`;

/** By the id of the field that is typed into: what the page does with it at which event. */
const MIRRORS: Readonly<Record<string, readonly [event: string, act: string]>> = {
  text: ['input', `$('greeting').textContent = 'Hello ' + value + ', welcome'`],
  unmarked: ['change', `$('summary').textContent = 'You look for ' + value`],
  reflected: [
    'input',
    `clearTimeout(timer); timer = setTimeout(() => ($('preview').textContent = value), 400)`,
  ],
  synchronised: ['input', `$('drawn').textContent = value`],
  becomesText: ['input', `$('pressed').textContent = value`],
  mirrored: [
    'input',
    `$('letters').append(Object.assign(document.createElement('i'), { textContent: value.at(-1) }))`,
  ],
  edited: ['input', `document.title = 'Draft ' + target.textContent`],
  phone: ['input', `$('named').className = 'x-' + value`],
  email: [
    'change',
    `$('list').append(Object.assign(document.createElement('li'), { textContent: value.replace('@', ' ') }))`,
  ],
  iban: [
    'input',
    `clearTimeout(later); later = setTimeout(() => ($('late').textContent = 'Later: ' + value), 3000)`,
  ],
};
const FIELDS = [
  'text',
  'unmarked',
  'reflected',
  'synchronised',
  'becomesText',
  'mirrored',
  'edited',
  'phone',
  'email',
  'iban',
] as const;

const SCRIPT = `{
  const $ = (id) => document.getElementById(id);
  document.body.insertAdjacentHTML('afterbegin', ${JSON.stringify(PLACES)});
  let timer, later;
  ${Object.entries(MIRRORS)
    .map(
      ([id, [event, act]]) =>
        `$('${id}').addEventListener('${event}', ({ target, target: { value } }) => { ${act}; });`,
    )
    .join('\n')}
}`;

async function start(t: ExecutionContext, route: Text, script = ''): Promise<{ wire: Wire; page: Page }> {
  t.timeout(180_000);
  const wire = await startWire(t, route);
  const page = await openSite(t, wire);
  t.is(await choose(page, GRANTED), 200);
  await page.evaluate(script);
  await record(page, 'relaxed');
  await eventually('the first upload', () => wire.collector.got.length > 0);
  return { wire, page };
}

async function leave(page: Page, { front, collector }: Wire): Promise<void> {
  await page.goto('about:blank');
  const last = ({ text }: Upload): boolean => envelopeOf(text)[8] === 1;
  await eventually('the beacon', () => front.sent.some(last) && collector.got.length === front.sent.length);
}

const forms = (name: keyof typeof TYPED, uploads: readonly Upload[]): string[] =>
  found(
    TYPED[name],
    viewsOf(
      uploads.map(({ text }) => text),
      [],
    ),
    null,
  );

test('nothing that the page itself says of what is typed arrives: route balanced', async (t) => {
  const { wire, page } = await start(t, 'balanced', SCRIPT);
  for (const name of FIELDS) await type(page.locator(`#${name}`), TYPED[name].value);
  await page.click('#greeting');
  await page.waitForTimeout(4000); // longer than the latest of the mirrors
  await leave(page, wire);
  for (const name of FIELDS) {
    t.true(forms(name, wire.front.sent).length > 0, `${name} is told`);
    t.deepEqual(forms(name, wire.collector.got), [], name);
  }
});

for (const text of ['strict', 'balanced'] as const)
  test(`a mirror that outlives a change of route is hidden in the next page visit, too: route ${text}`, async (t) => {
    const { wire, page } = await start(t, text);
    await type(page.locator('#mirrored'), TYPED.mirrored.value);
    await changeRoute(page, wire);
    await leave(page, wire);
    t.true(
      forms(
        'mirrored',
        wire.front.sent.filter(({ text }) => envelopeOf(text)[7] === 2),
      ).includes('raw'),
    );
    t.deepEqual(forms('mirrored', wire.collector.got), []);
  });
