// What one worker hears holds for all: repetitions, a no, a routing file; and one that dies is replaced by one that knows it all.

import { readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { chooseConsent, startGateway, until } from '../support/gateway.ts';
import { askAll, change, CONNECTIONS, counted, pending, track, waiting } from './asks.ts';

test('what comes to several at the same moment is taken once', async (t) => {
  const gateway = await startGateway(t, { workers: 2, routing: waiting });
  const record = await chooseConsent(gateway.url, { analytics: true });
  for (const message of ['one', 'two', 'three']) {
    const replies = await askAll(
      gateway,
      Array.from({ length: CONNECTIONS }, () => track(message, { record })),
    );
    t.true(replies.every(({ status }) => status === 200));
  }
  t.is(await pending(gateway), 3);
});

test('a no that one hears holds back what another took', async (t) => {
  const gateway = await startGateway(t, { workers: 2, routing: waiting });
  const choose = (): Promise<string> => chooseConsent(gateway.url, { analytics: true });
  const people = await Promise.all(Array.from({ length: CONNECTIONS }, choose));
  await askAll(
    gateway,
    people.map((record, index) => track(`m-${index}`, { record, visitor: `v${index}` })),
  );
  t.is(await pending(gateway), CONNECTIONS);
  const denied = await askAll(
    gateway,
    people.map((record) => change('PUT', record, { analytics: false })),
  );
  t.true(denied.every(({ status }) => status === 200));
  // Counted a moment after nothing waits any more. The webhook is asked again after pauses that double, and a no counts when it is:
  // on a busy machine, which takes half a minute to come to this point, a pause may be as long.
  const withheld = `sluis_deliveries_total{destination="webhook",outcome="withheld"} ${CONNECTIONS}`;
  await until('everything withheld', async () => (await counted(gateway)).includes(withheld), 60_000);
  t.is(await pending(gateway), 0);
});

test('a routing file is in force everywhere at once, and a bad one nowhere', async (t) => {
  const gateway = await startGateway(t, { workers: 2, routing: waiting });
  const record = await chooseConsent(gateway.url, { analytics: true });
  const good = readFileSync(gateway.config, 'utf8');
  const verdicts = async (name: string): Promise<ReadonlySet<string>> => {
    await askAll(
      gateway,
      Array.from({ length: CONNECTIONS }, (_, index) => track(`${name}-${index}`, { record, event: name })),
    );
    const told = (await gateway.decisions()).filter(
      ({ event, destination }) => event === name && destination === 'webhook',
    );
    return new Set(told.map(({ verdict }) => verdict));
  };
  t.deepEqual([...(await verdicts('first'))], ['forward']);
  writeFileSync(gateway.config, good.replace('      webhook: [analytics]\n', ''));
  await gateway.app.reload();
  t.deepEqual([...(await verdicts('second'))], ['block']);
  writeFileSync(gateway.config, 'sites: [nothing of the kind\n');
  await gateway.app.reload();
  t.deepEqual([...(await verdicts('third'))], ['block']);
  writeFileSync(gateway.config, good);
  await gateway.app.reload();
  t.deepEqual([...(await verdicts('fourth'))], ['forward']);
});

test('one that dies is begun anew, has loaded what was loaded meanwhile, and its counts stay', async (t) => {
  const gateway = await startGateway(t, { workers: 1, routing: waiting });
  const record = await chooseConsent(gateway.url, { analytics: true });
  await askAll(gateway, [track('before', { record })]);
  const received = 'sluis_events_received_total{site="shop",intake="segment"}';
  t.true((await counted(gateway)).includes(`${received} 1`));
  const [first] = gateway.app.workers;
  await first?.terminate();
  const good = readFileSync(gateway.config, 'utf8');
  writeFileSync(gateway.config, good.replace('      webhook: [analytics]\n', ''));
  await gateway.app.reload();
  await until('another one', () => gateway.app.workers[0]?.listening === true);
  t.not(gateway.app.workers[0], first);
  await askAll(gateway, [track('after', { record })]);
  const [last] = (await gateway.decisions()).filter(({ destination }) => destination === 'webhook');
  t.is(last?.verdict, 'block');
  t.true((await counted(gateway)).includes(`${received} 2`));
});
