// The registry of commands, and the one place where their errors become messages and exit codes.

import { GatewayError } from '../core/errors.ts';
import { check } from './check.ts';
import type { Command, ExitCode, Io } from './command.ts';
import { EXIT, readCall } from './command.ts';
import { consent } from './consent.ts';
import { diff } from './diff.ts';
import { explain } from './explain.ts';
import { outbox } from './outbox.ts';
import { scan } from './scan.ts';
import { serve } from './serve.ts';

export const COMMANDS = [
  serve,
  check,
  explain,
  diff,
  consent,
  scan,
  outbox,
] as const satisfies readonly Command[];

function help(): string {
  const lines = COMMANDS.map((each) => `  sluis ${each.name} ${each.usage}\n      ${each.summary}`);
  return [
    'usage: sluis COMMAND [--config FILE]',
    '',
    ...lines,
    '',
    'All take --config FILE (default config/gateway.yaml). Data goes to standard output as JSON lines, messages to standard',
    'error. Exit codes: 0 done, 1 findings, 2 usage, 3 surroundings.',
  ].join('\n');
}

const exitCodeOf = (error: GatewayError): ExitCode =>
  error.code === 'usage' || error.code === 'unreadable_body'
    ? EXIT.usage
    : error.code === 'config_invalid'
      ? EXIT.findings
      : EXIT.surroundings;

/** Runs one command line. Expected failures print one line; anything else is a bug and shows its stack. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    io.out(help());
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    io.err(`there is no command \`${name}\`\n\n${help()}`);
    return EXIT.usage;
  }
  try {
    const call = readCall(command, rest);
    if (call.options['help'] !== true) return await command.run(call, io);
    io.out(`usage: sluis ${command.name} ${command.usage} [--config FILE]\n\n${command.summary}`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    io.err(`sluis ${command.name}: ${error.message}`);
    return exitCodeOf(error);
  }
}
