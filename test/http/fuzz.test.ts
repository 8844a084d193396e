// Thousands of malformed requests: never a fault of the gateway, never a crash, and what is good is still taken.

import { connect } from 'node:net';
import test from 'ava';
import { ask, event, post, stage, start, until } from './fixture.ts';
import { BODIES, bombard, faultsIn, HEADERS, METHODS, PATHS, QUERIES } from './malformed.ts';

test('malformed requests are refused, never fatal', async (t) => {
  const { ports, logged } = stage();
  const port = await start(t, ports);
  const seed = 20_261_125;
  const statuses = await bombard(port, { seed, connections: 300 });
  t.deepEqual(faultsIn(statuses), [], `seed ${seed}`);
  t.deepEqual(logged, []);
  t.true((statuses.get('400') ?? 0) > 20);
  t.true(statuses.size > 5, `statuses seen: ${[...statuses.keys()].join()}`);
  t.is((await ask(port, post(event()))).status, 200);
});

/** Each part of a request alone, on a connection of its own: nothing hides behind an earlier refusal. */
test('each malformed part is refused by itself', async (t) => {
  const { ports, logged } = stage();
  const port = await start(t, ports);
  let answers = 0;
  let open = 0;
  const faults: string[] = [];
  const send = (bytes: string): void => {
    const socket = connect(port, '127.0.0.1');
    open += 1;
    let got = '';
    socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1'))).on('error', () => {});
    socket.on('close', () => {
      open -= 1;
      if (got !== '') answers += 1;
      if (/HTTP\/1\.1 (?:50[0124-9]|5[1-9]\d)/.test(got)) faults.push(bytes.slice(0, 200));
    });
    socket.end(Buffer.from(bytes, 'latin1'));
  };
  for (const method of METHODS)
    for (const path of PATHS) {
      for (const query of QUERIES.slice(2, 4)) {
        send(`${method} ${path}${query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
        if (open > 100) await until(() => open < 50);
      }
    }
  for (const header of HEADERS)
    for (const body of BODIES) {
      const length = `content-length: ${body.length}`;
      send(`POST /v1/fake HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${header}\r\n${length}\r\n\r\n${body}`);
      send(
        `PUT /v1/consent HTTP/1.1\r\nhost: x\r\norigin: https://shop.example\r\ncontent-type: application/json\r\n${header}\r\n${length}\r\n\r\n${body}`,
      );
      if (open > 100) await until(() => open < 50);
    }
  await until(() => open === 0, 15_000);
  t.deepEqual(faults, []);
  t.deepEqual(logged, []);
  t.true(answers > 1000, `${answers} answers`);
  t.is((await ask(port, post(event()))).status, 200);
});
