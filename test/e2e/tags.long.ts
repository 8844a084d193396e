// Tags in the whole gateway: asked for by a browser with the cookie that the gateway set, counted, told, and told of by the commands.

import test from 'ava';
import { Readable } from 'node:stream';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runCli } from '../../src/cli/index.ts';
import { chooseConsent, shopRouting, startGateway, temporaryFolder, TEST_ENV } from '../support/gateway.ts';
import type { Routing } from '../support/gateway.ts';

const SHOP = 'https://shop.example';
const TAGS = `tags:
  hotjar: { type: hotjar, src: 'https://static.hotjar.com/c/hotjar-1234567.js?sv=6' }
  chat: { type: other, src: 'https://chat.example/w.js', requires: [marketing] }
`;
const routing = (given: Routing): string =>
  shopRouting(given).replace(
    '      webhook: [analytics]\n',
    '      webhook: [analytics]\n      hotjar: [recording]\n',
  ) + TAGS;

const namesFor = async (url: string, record: string | null): Promise<readonly string[]> => {
  const headers = { origin: SHOP, ...(record === null ? {} : { cookie: `sluis_consent=${record}` }) };
  const response = await fetch(`${url}/v1/tags?page=%2Fboots`, { headers });
  const { tags } = (await response.json()) as { readonly tags: readonly { readonly name: string }[] }; // as it answers
  return tags.map(({ name }) => name);
};

test('the cookie of a choice opens what it grants and the notice discloses, and taking it back closes it', async (t) => {
  const gateway = await startGateway(t, { routing });
  t.deepEqual(await namesFor(gateway.url, null), []);
  const granted = await chooseConsent(gateway.url, { recording: true, marketing: true });
  t.deepEqual(await namesFor(gateway.url, granted), ['hotjar']);
  const refused = await chooseConsent(gateway.url, { recording: false, marketing: true });
  t.deepEqual(await namesFor(gateway.url, refused), []);
  const metrics = await (await fetch(`${gateway.admin}/metrics`)).text();
  for (const line of [
    'sluis_decisions_total{destination="hotjar",verdict="block",reason="purpose_unknown"} 1',
    'sluis_decisions_total{destination="hotjar",verdict="forward",reason="permitted"} 1',
    'sluis_decisions_total{destination="hotjar",verdict="block",reason="purpose_denied"} 1',
    'sluis_decisions_total{destination="chat",verdict="block",reason="not_disclosed"} 3',
  ])
    t.true(metrics.includes(line), line);
  t.false(/sluis_(?:deliveries_total|outbox_pending)\{destination="hotjar"/.test(metrics));
  const [latest] = await gateway.decisions();
  t.like(latest, { site: 'shop', intake: 'tags', event: 'tag' });
});

test('worker threads answer alike', async (t) => {
  const gateway = await startGateway(t, { routing, workers: 1 });
  const granted = await chooseConsent(gateway.url, { recording: true });
  t.deepEqual(await namesFor(gateway.url, granted), ['hotjar']);
});

test('the scripts of pages are served', async (t) => {
  const { url } = await startGateway(t);
  const page = await fetch(`${url}/tags.js`);
  t.is(page.status, 200);
  t.true((await page.text()).includes('v1/tags'));
  const library = await fetch(`${url}/clarity.js`);
  t.is(library.status, 200);
  t.true((await library.text()).includes('"0.8.70"'));
});

function filed(t: ExecutionContext, tags: string): string {
  const folder = temporaryFolder(t);
  const endpoints = {
    ga4: 'https://v.example',
    hubspot: 'https://v.example',
    meta: 'https://v.example',
    http: 'https://v.example',
  };
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, routing({ folder, endpoints, origins: [SHOP] }).replace(TAGS, tags));
  return file;
}

async function sluis(args: readonly string[]) {
  const out: string[] = [];
  const code = await runCli(args, {
    stdin: Readable.from([]),
    out: (line) => void out.push(line),
    err: () => undefined,
    terminal: false,
    env: TEST_ENV,
    ended: () => Promise.resolve(),
    onReload: () => undefined,
  });
  return { code, lines: out.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>) }; // lines of JSON objects
}

test('`diff` tells which tags would newly load, and from where', async (t) => {
  const before = filed(t, '');
  const after = filed(t, TAGS);
  t.is((await sluis(['diff', after, after])).code, 0);
  const added = await sluis(['diff', before, after]);
  t.like(added.lines[0], { change: 'newly_sent', what: 'forward', destination: 'hotjar', event: 'tag' });
  t.like(added.lines[0]?.['when'], { granted: ['recording'], gpc: false });
  t.deepEqual([...new Set(added.lines.map(({ destination }) => destination))], ['hotjar']);
  const removed = await sluis(['diff', after, before]);
  t.deepEqual([...new Set(removed.lines.map(({ change }) => change))], ['stopped']);
  const moved = await sluis(['diff', after, filed(t, TAGS.replace('sv=6', 'sv=7'))]);
  t.deepEqual(moved.lines, [{ change: 'setting_changed', what: 'src', destination: 'hotjar' }]);
});
