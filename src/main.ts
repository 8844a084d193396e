#!/usr/bin/env node
// The entry of the command line: hands arguments and streams to the commands and their answer to the shell.

import { setFlagsFromString } from 'node:v8';
import { EXIT } from './cli/command.ts';

// An older Node would fail at loading what follows, with a stack for a message.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(`sluis needs Node 24.15 or newer; this is Node ${process.versions.node}`);
  process.exit(EXIT.surroundings);
}
// A request lives as long as its append, many at once: V8 takes that for long life and would make such objects in the old space
// from the start, where they keep alive all that they point to (measured: a sixth of the time of a permitted event).
setFlagsFromString('--no-allocation-site-pretenuring');
const { runCli } = await import('./cli/index.ts');

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  terminal: process.stdout.isTTY,
  env: process.env,
  // Listened for by those who ask only: any other command is ended by a signal at once.
  ended: () =>
    new Promise<void>((resolve) => {
      process.once('SIGINT', () => resolve());
      process.once('SIGTERM', () => resolve());
    }),
  onReload: (listener) => void process.on('SIGHUP', listener),
}).catch((error: unknown) => {
  console.error(error); // a bug: its stack, and not the exit code of findings
  return EXIT.surroundings;
});
