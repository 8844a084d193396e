// What nginx alone could get wrong: bodies on the disk, a client that left, files of its own.

import { watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { ask, askHttp2, askPlainly, sendAndLeave } from './client.ts';
import { missing, startFront } from './front.ts';
import { startHearer } from './hearer.ts';
import { BODIES, CHALLENGES, nginx, TOKEN } from './nginx.ts';
import { agree, ALL_FORWARDED, JSON_BODY, setUp, track, verdicts } from './shop.ts';

const MB = 1024 * 1024;
const POST = { method: 'POST', path: '/v1/track' };
const test = needing(missing('nginx'));

test('nginx: a beacon whose page has gone is waited for', async (t) => {
  const hearer = await startHearer(t);
  hearer.mood = 'hold';
  const front = await startFront(t, nginx, hearer.port);
  await sendAndLeave(front, { ...POST, body: track(1) });
  await until('a request that is heard', () => hearer.heard.length === 1);
  hearer.release();
  await until('its line in the log', () => front.everything().includes('/v1/track'));
  t.regex(front.everything(), /POST \/v1\/track HTTP\/1\.1 200 /);
});

test('nginx: challenges of the certificate authority are answered without TLS', async (t) => {
  const hearer = await startHearer(t);
  const front = await startFront(t, nginx, hearer.port);
  t.notRegex(front.checked, /\[(?:warn|error|emerg)\]/);
  t.like(await askPlainly(front, `${CHALLENGES}/token`), { status: 200, body: TOKEN });
  t.is((await askPlainly(front, `${CHALLENGES}/locked/telltale`)).status, 403);
  t.false(
    front.everything().includes('telltale'),
    'a file that cannot be read is no reason to name a client',
  );
});

test('nginx: no body touches the disk', async (t) => {
  const { gateway, front } = await setUp(t, nginx);
  const bodies = join(front.written, BODIES);
  const seen: (string | null)[] = [];
  const watcher = watch(bodies, (_, file) => void seen.push(file));
  t.teardown(() => watcher.close());
  const { cookie } = await agree(front);
  const headers = { ...JSON_BODY, cookie };
  const body = track(1).padEnd(2 * MB);
  t.is((await ask(front, { ...POST, headers, body })).status, 200);
  t.is((await askHttp2(t, front, { ...POST, headers, body: track(2).padEnd(2 * MB) })).status, 200);
  t.deepEqual(await verdicts(gateway, 2), ALL_FORWARDED);
  // What is seen comes in order: after this file nothing of the bodies can be to come.
  writeFileSync(join(bodies, 'last'), '');
  await until('the watcher to catch up', () => seen.includes('last'));
  t.deepEqual([...new Set(seen)], ['last']);
});
