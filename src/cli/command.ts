// What a command is: a name, one line of help, and a function from arguments and streams to an exit code.

import { parseArgs } from 'node:util';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { GatewayError } from '../core/errors.ts';

/** 0: done · 1: findings · 2: the command line cannot be understood · 3: the surroundings failed. */
export const EXIT = { ok: 0, findings: 1, usage: 2, surroundings: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Io {
  readonly stdin: Readable;
  /** Data, as JSON lines. */
  out(line: string): void;
  /** Progress and messages. */
  err(line: string): void;
  /** Does somebody read standard output on a screen? */
  readonly terminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves when the process is asked to end; from the call on the command ends itself. */
  ended(): Promise<void>;
  /** Calls back when the process is asked to reload. */
  onReload(listener: () => void): void;
}

export interface Command {
  readonly name: string;
  /** Arguments after the name, for the usage line. */
  readonly usage: string;
  readonly summary: string;
  /** Most arguments after the name that are no options. */
  readonly most: number;
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  run(call: Call, io: Io): Promise<ExitCode>;
}

export interface Call {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** Path of the routing file. */
  readonly config: string;
}

export const usageError = (message: string): GatewayError => new GatewayError('usage', message);

/** Splits a command line by the command's own options; unknown ones are a usage error. */
export function readCall(command: Command, args: readonly string[]): Call {
  const { values, positionals } = parsed(command, args);
  if (positionals.length > command.most)
    throw usageError(`there are more arguments than \`${command.name}\` takes: \`${command.usage}\``);
  return { positionals, options: values, config: values['config'] ?? 'config/gateway.yaml' };
}

function parsed(command: Command, args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...command.options, config: { type: 'string' }, help: { type: 'boolean' } },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : 'unknown option');
  }
}

export interface Line {
  /** Counted from 1, empty lines included. */
  readonly number: number;
  readonly text: string;
}

async function* chunksOf(file: string | undefined, io: Io): AsyncGenerator<string> {
  const input = file === undefined || file === '-' ? io.stdin : createReadStream(file);
  const decoder = new TextDecoder();
  try {
    for await (const chunk of input as AsyncIterable<Uint8Array | string>)
      // streams of bytes or text, nothing else
      yield typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw new GatewayError('config_unreadable', `cannot read \`${file ?? '-'}\``, { cause });
  }
  yield decoder.decode();
}

/**
 * Lines of a file, or of standard input for `-` and for no file at all. They end at a line feed and nowhere else: JSON may hold
 * the line separators of Unicode as they are.
 */
export async function* linesOf(file: string | undefined, io: Io): AsyncGenerator<Line> {
  let rest = '';
  let number = 0;
  for await (const chunk of chunksOf(file, io)) {
    const parts = `${rest}${chunk}`.split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield { number: (number += 1), text: part.replace(/\r$/, '') };
  }
  if (rest !== '') yield { number: number + 1, text: rest };
}

/** The same without empty lines, for JSON lines. */
export async function* jsonLinesOf(file: string | undefined, io: Io): AsyncGenerator<Line> {
  for await (const line of linesOf(file, io)) if (line.text.trim() !== '') yield line;
}

/** Parses one line of JSON; the error does not show its content. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new GatewayError('unreadable_body', 'the line is not JSON', { cause });
  }
}

/** What the function gives for a line; where it refuses, the reason goes to messages and the answer is null. */
export function orRefusal<T>(number: number, io: Io, of: () => T): T | null {
  try {
    return of();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    io.err(`line ${number}: ${error.code}: ${error.message}`);
    return null;
  }
}
