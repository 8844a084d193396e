#!/usr/bin/env node
// The entry of the command line: hands arguments and streams to the commands and their answer to the shell.

import { runCli } from './cli/index.ts';

const ended = new Promise<void>((resolve) => {
  process.once('SIGINT', () => resolve());
  process.once('SIGTERM', () => resolve());
});

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  env: process.env,
  ended,
  onReload: (listener) => void process.on('SIGHUP', listener),
});
