// nginx and Caddy as deploy/ sets them up, when something is wrong: the gateway dies and comes back, is not there, or was heard
// and gave no answer; and whatever goes wrong, no log names a visitor.

import { accountOf, ledgerOf } from '../crash/ledger.ts';
import { drained } from '../crash/life.ts';
import { marksAt } from '../crash/vendor.ts';
import { until } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { caddy } from './caddy.ts';
import { ask, VISITOR } from './client.ts';
import { missing, startFront } from './front.ts';
import { startHearer } from './hearer.ts';
import { nginx } from './nginx.ts';
import { openShop, Senders } from './outage.ts';
import { setUp, track } from './shop.ts';
import { sendGarbage, telltale, TELLTALES } from './telltale.ts';

const POST = { method: 'POST', path: '/v1/track' };

for (const kind of [nginx, caddy]) {
  const { name } = kind;
  const test = needing(missing(name));

  test(`${name}: the gateway may die and come back while requests run; what was acknowledged is kept, once`, async (t) => {
    t.timeout(120_000);
    const shop = await openShop(t);
    let life = await shop.start();
    const front = await startFront(t, kind, shop.port);
    const senders = new Senders(front);
    t.teardown(() => senders.abandon());
    const more = async (count: number): Promise<void> => {
      const wanted = senders.acknowledged.size + count;
      await until(`${count} more acknowledged`, () => senders.acknowledged.size >= wanted, 20_000);
    };
    for (const leave of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
      await more(60);
      const refused = senders.refused(502);
      life.signal(leave);
      await life.ended;
      await until('502 from the front', () => senders.refused(502) > refused + 5);
      life = await shop.start();
    }
    await more(60);
    await senders.end();
    await drained(life);
    life.signal('SIGTERM');
    await life.ended;

    t.log(`${senders.acknowledged.size} acknowledged; refused ${JSON.stringify([...senders.refusals])}`);
    t.deepEqual(
      [...senders.refusals.keys()].filter((status) => ![502, 503, 504].includes(status)),
      [],
    );
    const arrived = marksAt(shop.vendor);
    t.deepEqual(
      [...senders.acknowledged].filter((mark) => !arrived.has(mark)),
      [],
    );
    const account = accountOf(await ledgerOf(shop.store), 'webhook');
    t.is(account.admitted, senders.acknowledged.size);
    t.deepEqual(account.unbalanced, []);
  });

  test(`${name}: connections to the gateway are kept, and what was heard is not sent again`, async (t) => {
    const hearer = await startHearer(t);
    const front = await startFront(t, kind, hearer.port);
    for (const method of ['POST', 'GET']) {
      hearer.mood = 'answer';
      for (let count = 0; count < 20; count += 1) await ask(front, { path: '/healthz' });
      hearer.mood = 'die';
      const told = await ask(front, { method, path: '/v1/track', body: method === 'POST' ? track(1) : '' });
      t.is(told.status, 502, method);
      // Go repeats a GET by itself if a kept connection closes. A gateway that died is not there to hear it again.
      const times = method === 'GET' && kind === caddy ? 2 : 1;
      const heard = hearer.heard.filter((each) => each.url === '/v1/track' && each.method === method);
      t.is(heard.length, times, method);
    }
    t.true(hearer.connections <= 5, `${hearer.connections} connections`);
  });

  test(`${name}: nothing that it writes names a visitor or what was sent`, async (t) => {
    const { gateway, front } = await setUp(t, kind);
    const asked = async (): Promise<void> => {
      for (const question of telltale(POST)) await ask(front, question);
    };
    await asked();
    await sendGarbage(front);
    await gateway.stop();
    await asked();
    t.is((await ask(front, POST)).status, 502);
    await until('what was asked last in the log', () => /POST[^\n]*\/v1\/track/.test(front.everything()));
    const written = front.everything();
    t.deepEqual(
      [...TELLTALES, VISITOR].filter((each) => written.includes(each)),
      [],
    );
    t.regex(written, /\b200\b/);
    t.regex(written, /\b502\b/);
  });
}
