// A vendor that takes everything: a process of its own on one core that reads each request and answers 200.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Sink {
  readonly port: number;
  readonly child: ChildProcess;
}

/** Ends with the process that started it. */
export async function startSink(core: number): Promise<Sink> {
  const args = ['-c', String(core), process.execPath, import.meta.filename];
  const child = spawn('taskset', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = (await once(child, 'message')) as [number]; // sent by this very file
  return { child, port };
}

if (process.argv[1] === import.meta.filename) {
  const server = createServer((request, response) => {
    request.on('end', () => response.writeHead(200).end()).resume();
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}
