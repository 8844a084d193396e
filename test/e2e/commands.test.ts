// The commands as a user runs them: arguments and lines in, lines and exit codes out.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { spawnSync } from 'node:child_process';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { runCli } from '../../src/cli/index.ts';
import type { Explained } from '../../src/explain.ts';
import {
  chooseConsent,
  shopRouting,
  startGateway,
  temporaryFolder,
  TEST_ENV,
  until,
  WRITE_KEY,
} from '../support/gateway.ts';
import { freePort } from '../support/port.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SHIPPED = join(ROOT, 'config/gateway.yaml');

interface Ran {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: string;
  /** Standard output, line by line as JSON. */
  readonly json: () => readonly unknown[];
}

async function sluis(args: readonly string[], input: readonly unknown[] = []): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const lines = input.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const code = await runCli(args, {
    stdin: Readable.from([lines.join('\n')]),
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    terminal: false,
    env: TEST_ENV,
    ended: () => Promise.resolve(),
    onReload: () => undefined,
  });
  return { code, out, err: err.join('\n'), json: () => out.map((line) => JSON.parse(line) as unknown) };
}

/** A routing file of the shop; `change` edits its text. */
function shopFile(t: ExecutionContext, change: (text: string) => string = (text) => text): string {
  const folder = temporaryFolder(t);
  const file = join(folder, 'gateway.yaml');
  const vendor = 'https://vendor.example';
  const endpoints = { ga4: vendor, hubspot: vendor, meta: vendor, http: vendor };
  writeFileSync(file, change(shopRouting({ folder, endpoints, origins: ['https://shop.example'] })));
  return file;
}

const RECORD = {
  id: 'r-1',
  notice: '2026-01',
  givenAt: '2026-06-01T10:00:00Z',
  purposes: { analytics: true },
};
const PURCHASE = {
  type: 'track',
  event: 'Order Completed',
  anonymousId: '8d3c6a10-93e6-4f0e-9d3b-2b7d6f1a5c11',
  properties: { revenue: 49.9, currency: 'EUR' },
  timestamp: '2026-06-02T10:00:00Z',
  context: { consent: { record: RECORD } },
};

const verdicts = (told: Explained | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries((told?.decisions ?? []).map(({ destination, verdict }) => [destination, verdict]));
const WITH_ANALYTICS = { ga4: 'forward', hubspot: 'block', meta: 'block', webhook: 'forward' };
const WITHOUT = { ga4: 'block', hubspot: 'block', meta: 'block', webhook: 'block' };

test('help names every command, and each command its own usage', async (t) => {
  const help = await sluis(['--help']);
  t.is(help.code, 0);
  for (const name of ['serve', 'check', 'explain', 'diff', 'consent', 'scan', 'outbox']) {
    t.true(help.out.join('\n').includes(`sluis ${name} `));
    const own = await sluis([name, '--help']);
    t.is(own.code, 0);
    t.regex(own.out.join('\n'), new RegExp(`^usage: sluis ${name} `));
  }
});

test('what cannot be understood is 2, and says so on standard error only', async (t) => {
  const wrong: readonly (readonly string[])[] = [
    ['nope'],
    ['check', '--nope'],
    ['check', 'one', 'two'],
    ['diff', 'one'],
    ['outbox'],
    ['outbox', 'nope'],
    ['serve', 'extra'],
    ['serve', '--trial', '--shop-port', 'high'],
    ['serve', '--log-level', 'loud'],
  ];
  for (const args of wrong) {
    const { code, out, err } = await sluis(args);
    t.is(code, 2, args.join(' '));
    t.deepEqual(out, []);
    t.not(err, '');
  }
});

test('a file that is not there is 3', async (t) => {
  for (const args of [
    ['check', 'missing.yaml'],
    ['explain', '--config', 'missing.yaml'],
    ['scan', 'missing.txt'],
  ])
    t.is((await sluis(args)).code, 3, args.join(' '));
});

test('check: a good file is 0', async (t) => {
  const { code, err, json } = await sluis(['check', shopFile(t)]);
  t.is(code, 0);
  t.regex(err, /0 errors/);
  t.true(json().every((problem) => (problem as { severity: string }).severity === 'warning')); // as check writes it
});

test('check --live: a store without servers has nobody to ask', async (t) => {
  const { code, err } = await sluis(['check', '--live', shopFile(t)]);
  t.is(code, 0);
  t.regex(err, /no servers to ask/);
});

test('check: a bad file is 1, with every problem at its place, as JSON and as text', async (t) => {
  const file = shopFile(t, (text) =>
    text.replace('type: hubspot', 'type: hubspott').replace("'2026-01'", "''"),
  );
  const { code, err, json } = await sluis(['check', '--config', file]);
  t.is(code, 1);
  const problems = json() as readonly { code: string; severity: string; line: number; column: number }[]; // as check writes it
  t.true(problems.filter(({ severity }) => severity === 'error').length >= 2);
  for (const { code: name, line, column } of problems)
    t.true(err.includes(`${file}:${line}:${column} `) && err.includes(name));
});

test('check: the shipped trial file is for trials only', async (t) => {
  t.is((await sluis(['check', SHIPPED])).code, 1);
  t.is((await sluis(['check', SHIPPED, '--trial'])).code, 0);
});

test('explain: an event, a bare event and a request of the same content get the same decisions', async (t) => {
  const file = shopFile(t, (text) => text.replace('cookies: true', 'cookies: true\n    records: inline'));
  const { type: _type, ...body } = PURCHASE;
  const request = {
    http: {
      method: 'POST',
      path: '/v1/track',
      headers: { 'content-type': 'application/json', origin: 'https://shop.example' },
      body: { ...body, writeKey: WRITE_KEY },
    },
    receivedAt: '2026-06-02T10:00:00Z',
  };
  const { code, json } = await sluis(['explain', '--config', file], [PURCHASE, { event: PURCHASE }, request]);
  t.is(code, 0);
  const told = json() as readonly Explained[]; // as explain writes it
  t.is(told.length, 3);
  for (const each of told) {
    t.deepEqual(verdicts(each), WITH_ANALYTICS);
    t.is(each.consent.notice, '2026-01');
    t.is(each.consent.purposes['analytics'], 'granted');
    t.deepEqual(each.consent.sources, ['record']);
    const ga4 = each.decisions.find(({ destination }) => destination === 'ga4');
    t.is(ga4?.requests.length, 1);
    t.true(JSON.stringify(ga4?.requests).includes('***'), 'secrets do not print');
    t.false(JSON.stringify(each).includes(TEST_ENV['VENDOR_SECRET'] ?? '?'));
    t.true(each.decisions.every(({ reasons }) => reasons.length > 0));
  }
});

test('explain: no consent is refused for a reason; the reading clock is the line’s', async (t) => {
  const { context: _context, ...silent } = PURCHASE;
  const late = { event: PURCHASE, receivedAt: '2028-06-02T10:00:00Z' };
  const { code, json } = await sluis(['explain', '--config', shopFile(t)], [silent, late]);
  t.is(code, 0);
  for (const told of json() as readonly Explained[]) t.deepEqual(verdicts(told), WITHOUT); // as explain writes it
});

test('explain: lines that cannot be read are told by number, the rest is explained', async (t) => {
  const lines = ['nonsense', PURCHASE, '[1]', { type: 'track' }, { http: { path: '/nowhere' } }, ''];
  const { code, json, err } = await sluis(['explain', '--config', shopFile(t)], lines);
  t.is(code, 1);
  t.is(json().length, 1);
  for (const number of [1, 3, 4, 5]) t.regex(err, new RegExp(`^line ${number}: `, 'm'));
  t.false(err.includes('nonsense'));
});

test('consent: each line gets its answer', async (t) => {
  const signals = [{ gpc: '1' }, { gcs: 'G111' }, { tcf: 'garbage' }, { what: 1 }, 'nonsense'];
  const { code, json } = await sluis(['consent', '--config', 'missing.yaml'], signals);
  t.is(code, 1);
  const [gpc, gcs, ...bad] = json() as readonly { ok: boolean; purposes: Record<string, string> }[]; // as consent writes it
  t.like(gpc, { ok: true, format: 'gpc' });
  t.like(gcs, { ok: true, format: 'gcm' });
  t.is(bad.length, 3);
  for (const each of bad) t.like(each, { ok: false, purposes: {} });
  t.is((await sluis(['consent', '--config', 'missing.yaml'], [{ gpc: '1' }])).code, 0);
});

test('scan: what is found has its place, and a clean text is 0', async (t) => {
  const found = await sluis(['scan'], ['mail jan@people.example now', 'nothing here']);
  t.is(found.code, 1);
  t.deepEqual(found.json(), [
    { findings: [{ kind: 'email', start: 5, end: 23 }], clean: 'mail :email now' },
    { findings: [], clean: 'nothing here' },
  ]);
  t.is((await sluis(['scan', '-'], ['nothing here'])).code, 0);
});

test('diff without events tells the smallest consent state that shows each change', async (t) => {
  const before = shopFile(t);
  const after = shopFile(t, (text) => text.replace('person: [email]\n    endpoint', 'endpoint'));
  t.is((await sluis(['diff', before, before])).code, 0);
  const { code, json } = await sluis(['diff', before, after]);
  t.is(code, 1);
  const changes = json() as readonly { change: string; what: string; destination: string }[]; // as diff writes it
  t.true(changes.length > 0);
  t.deepEqual(
    changes.filter((each) => each.destination !== 'hubspot' || each.change !== 'person_field_removed'),
    [],
  );
});

test('diff without events tells raw ids, parameters, names of links, and where events go', async (t) => {
  const before = shopFile(t);
  const after = shopFile(t, (text) =>
    text
      .replace('type: ga4,', 'type: ga4, ids: { client_id: keep }, params: [plan], query: [q],')
      .replace(
        'discloses:\n      ga4: [analytics, marketing]',
        'discloses:\n      ga4: { purposes: [analytics, marketing], data: [client_id] }',
      )
      .replace("pixelId: '1000000000000001'", "pixelId: '1000000000000002'"),
  );
  const { json } = await sluis(['diff', before, after]);
  const changes = json() as readonly { change: string; what: string; destination: string }[]; // as diff writes it
  t.deepEqual([...new Set(changes.map((each) => `${each.destination} ${each.change} ${each.what}`))].sort(), [
    'ga4 param_added plan',
    'ga4 pseudonym_removed ga.client_id',
    'ga4 query_added q',
    'ga4 raw_id_added ga.client_id',
    'meta setting_changed pixelId',
  ]);
});

test('diff sees that consent grows old sooner', async (t) => {
  const before = shopFile(t);
  const after = shopFile(t, (text) => text.replace('notices:', 'consent: { maxAge: 30d }\nnotices:'));
  const { code, json } = await sluis(['diff', before, after]);
  t.is(code, 1);
  const changes = (json() as readonly { change: string }[]).map(({ change }) => change); // as diff writes it
  t.true(changes.includes('stopped'));
  t.false(changes.some((change) => /^newly_|_added$/.test(change)));
});

test('diff with events tells what differs for them, and passes over what neither gateway would read', async (t) => {
  const inline = (text: string): string =>
    text.replace('cookies: true', 'cookies: true\n    records: inline');
  const before = shopFile(t, inline);
  const after = shopFile(t, (text) =>
    inline(text).replace('requires: [analytics]', 'requires: [analytics, profiling]'),
  );
  const { code, json, err } = await sluis(['diff', before, after, '-'], ['nonsense', PURCHASE]);
  t.is(code, 1);
  t.regex(err, /^line 1: /m);
  t.like(json()[0], {
    line: 2,
    destination: 'webhook',
    before: { verdict: 'forward' },
    after: { verdict: 'block' },
  });
  t.is((await sluis(['diff', before, before, '-'], [PURCHASE])).code, 0);
});

/** A webhook that refuses until it is told otherwise. */
async function moodyWebhook(t: ExecutionContext) {
  const webhook = { url: '', status: 400, calls: 0 };
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      webhook.calls += 1;
      response.writeHead(webhook.status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  webhook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server has one
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return webhook;
}

interface Stats {
  readonly destinations: Readonly<Record<string, { readonly pending: number; readonly dead: number }>>;
}

test('outbox: dead letters are seen and brought back, beside a running gateway and without one', async (t) => {
  const webhook = await moodyWebhook(t);
  const port = await freePort();
  const gateway = await startGateway(t, {
    routing: (routing) =>
      shopRouting({ ...routing, endpoints: { ...routing.endpoints, http: webhook.url } }).replace(
        'admin: 127.0.0.1:0',
        `admin: 127.0.0.1:${port}`,
      ),
  });
  const outbox = (...args: readonly string[]): Promise<Ran> =>
    sluis(['outbox', ...args, '--config', gateway.config]);
  const counts = async () => ((await outbox('stats')).json()[0] as Stats).destinations['webhook']; // as stats writes it
  const record = await chooseConsent(gateway.url, { analytics: true });
  const send = async (): Promise<void> => {
    const answer = await fetch(`${gateway.url}/v1/track`, {
      method: 'POST',
      headers: { origin: 'https://shop.example' },
      body: JSON.stringify({
        writeKey: WRITE_KEY,
        event: 'Signed Up',
        anonymousId: 'a-1',
        context: { consent: { record } },
      }),
    });
    t.is(answer.status, 200);
  };

  await send();
  await until('a dead letter', async () => (await counts())?.dead === 1);
  const dead = await outbox('dead', '--destination', 'webhook');
  t.is(dead.code, 0);
  t.like(dead.json()[0], { destination: 'webhook', state: 'dead', code: 'http_400' });
  t.is((await outbox('dead', '--destination', 'ga4')).out.length, 0);
  t.is((await outbox('replay')).code, 2, 'replay wants to be told what');
  webhook.status = 200;
  const { id } = dead.json()[0] as { id: string }; // as dead writes it
  t.deepEqual((await outbox('replay', id)).json(), [{ requeued: 1 }]);
  await until('its delivery', () => webhook.calls >= 2);
  await until('an empty queue', async () => {
    const now = await counts();
    return now === undefined || (now.dead === 0 && now.pending === 0);
  });

  webhook.status = 400;
  await send();
  await until('another dead letter', async () => (await counts())?.dead === 1);
  await gateway.stop();
  t.is((await outbox('dead')).out.length, 1);
  t.deepEqual((await outbox('replay', '--all')).json(), [{ requeued: 1 }]);
  t.like(await counts(), { pending: 1, dead: 0 });
});

test('outbox: where no store is and no gateway answers, asking makes none', async (t) => {
  const file = shopFile(t, (text) => text.replace('admin: 127.0.0.1:0', 'admin: 127.0.0.1:1'));
  const { code, err } = await sluis(['outbox', 'stats', '--config', file]);
  t.is(code, 3);
  t.regex(err, /no gateway answers/);
  t.false(existsSync(join(file, '../sluis.db')));
});

test('the shell gets the exit code, and data and messages on their own streams', (t) => {
  const main = join(ROOT, 'src/main.ts');
  const run = (args: readonly string[], input: string) =>
    spawnSync(process.execPath, [main, ...args], { input, encoding: 'utf8', cwd: ROOT });
  const scan = run(['scan'], 'jan@people.example\n');
  t.is(scan.status, 1);
  t.is(scan.stdout, '{"findings":[{"kind":"email","start":0,"end":18}],"clean":":email"}\n');
  t.is(scan.stderr, '');
  const wrong = run(['nope'], '');
  t.is(wrong.status, 2);
  t.is(wrong.stdout, '');
});

test('a line ends at a line feed only, however the file is cut, and empty lines count', async (t) => {
  const file = shopFile(t);
  const event = { type: 'track', event: 'a\u2028b\u0085c', anonymousId: 'a', writeKey: 'shop-web' };
  const { json, err } = await sluis(['explain', '--config', file], ['', JSON.stringify(event), '\r', '{']);
  t.is(json().length, 1);
  t.regex(err, /^line 4: /m);
});

test('scan answers every line, empty ones too', async (t) => {
  const { json } = await sluis(['scan'], ['mail jan@mail.example', '', 'é'.repeat(40_000)]);
  t.deepEqual(
    json().map((each) => (each as { findings: unknown[] }).findings.length), // as scan writes it
    [1, 0, 0],
  );
});

test('a gateway asked to reload while it starts does so when it has started', async (t) => {
  const file = shopFile(t);
  const end = Promise.withResolvers<void>();
  const said: string[] = [];
  const code = runCli(['serve', '--config', file, '--log-level', 'silent'], {
    stdin: Readable.from([]),
    out: () => undefined,
    err: (line) => void said.push(line),
    terminal: false,
    env: TEST_ENV,
    ended: () => end.promise,
    onReload: (listener) => listener(),
  });
  const portIn = (): string | undefined => /metrics on port (\d+)/.exec(said.join(' '))?.[1];
  await until('the gateway to start', () => portIn() !== undefined);
  const reloads = async (): Promise<string | undefined> => {
    const response = await fetch(`http://127.0.0.1:${portIn() ?? ''}/metrics`);
    return /^sluis_config_reloads_total\{result="ok"\} (\d+)$/m.exec(await response.text())?.[1];
  };
  await until('the reload', async () => (await reloads()) === '1');
  end.resolve();
  t.is(await code, 0);
});
