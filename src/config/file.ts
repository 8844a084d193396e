// The routing file as it stands on disk, read with the real environment and the real registries. Everything that runs the
// gateway or a command on a file comes through here.

import { readFileSync } from 'node:fs';
import { GatewayError } from '../core/errors.ts';
import { loadConfig, type LoadOptions, type LoadResult } from './load.ts';
import { REGISTRIES } from './registries.ts';

export type FileOptions = Partial<Omit<LoadOptions, 'path'>>;

/** `loadConfig` for the text of this file, with everything that is not given taken from the process. */
export const loadText = (path: string, text: string, options: FileOptions = {}): LoadResult =>
  loadConfig(text, {
    path,
    env: process.env,
    readFile: (name) => readFileSync(name, 'utf8'),
    registries: REGISTRIES,
    ...options,
  });

/** Throws `config_unreadable` if there is no such file. */
export function readConfigText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('config_unreadable', `cannot read the routing file \`${path}\``, { cause });
  }
}

export const loadFile = (path: string, options: FileOptions = {}): LoadResult =>
  loadText(path, readConfigText(path), options);
