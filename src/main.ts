#!/usr/bin/env node
// The entry of the command line: hands arguments and streams to the commands and their answer to the shell.

import { EXIT } from './cli/command.ts';
import { runCli } from './cli/index.ts';

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
