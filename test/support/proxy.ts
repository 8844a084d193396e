// A TCP proxy in front of one port, that can be cut: what is open goes silent or ends, and nobody gets through until it is healed.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface Proxy {
  readonly port: number;
  /** `silent`: as behind a dead cable, nothing passes and nobody is told. `refused`: connections end, new ones too. */
  cut(how: 'silent' | 'refused'): void;
  heal(): void;
}

/** Passes to a port of loopback; `target` is asked at every connection, so it may be known later. */
export async function startProxy(t: ExecutionContext, target: () => number): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: 'open' | 'silent' | 'refused' = 'open';
  const server = createServer((near) => {
    if (state === 'refused') {
      near.destroy();
      return;
    }
    const far = connect(target(), '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    if (state === 'silent') return;
    near.pipe(far);
    far.pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endAll = (): void => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  t.teardown(() => {
    endAll();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port, // a TCP server has one
    cut(how) {
      state = how;
      if (how === 'refused') endAll();
      else for (const [near, far] of pairs) for (const socket of [near, far]) socket.unpipe().pause();
    },
    heal() {
      state = 'open';
      // What was on the way when the cable died does not arrive: the ends find out and begin anew.
      endAll();
    },
  };
}
