// Ports for programs that have to be told theirs before they start.

import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that a system hands out of its own accord (32,768 and up on Linux): one of those could be taken between the question
 * and the program's start by a connection, even by one to this very port that finds nobody there yet and meets itself. Above all
 * that browsers and `fetch` refuse.
 */
const [FIRST, LAST] = [11_000, 32_000];
const MOST_TAKEN = 100;
const given = new Set<number>();

/** A port of loopback that nothing listened on a moment ago, and that was not given before. */
export async function freePort(): Promise<number> {
  for (let taken = 0; taken < MOST_TAKEN; taken += 1) {
    const port = randomInt(FIRST, LAST);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`${MOST_TAKEN} ports of ${FIRST} to ${LAST} are taken`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    async () => {
      server.close();
      await once(server, 'close');
      return true;
    },
    () => false,
  );
}
