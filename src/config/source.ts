// All that a snapshot was made of: another thread that loads it gets the same snapshot, whatever files and environment say by
// then.

import { readFileSync } from 'node:fs';
import { loadText } from './file.ts';
import type { LoadOptions, LoadResult } from './load.ts';

export interface ConfigSource {
  /** Path of the routing file. */
  readonly path: string;
  readonly text: string;
  readonly env: LoadOptions['env'];
  /** Text of every file that it names, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly trialSecret: string | null;
}

/** Loads this text with files as they are now. */
export function loadAnew({ path, text, env, trialSecret }: Omit<ConfigSource, 'files'>): {
  readonly result: LoadResult;
  readonly source: ConfigSource;
} {
  const files: Record<string, string> = {};
  const readFile = (name: string): string => (files[name] = readFileSync(name, 'utf8'));
  const result = loadText(path, text, { env, readFile, ...orNone(trialSecret) });
  return { result, source: { path, text, env: { ...env }, files, trialSecret } };
}

/** Loads what was loaded before. */
export function loadSource({ path, text, env, files, trialSecret }: ConfigSource): LoadResult {
  const readFile = (name: string): string => {
    const known = files[name];
    if (known === undefined) throw new TypeError('a file that was not read before');
    return known;
  };
  return loadText(path, text, { env, readFile, ...orNone(trialSecret) });
}

const orNone = (trialSecret: string | null): Pick<LoadOptions, 'trialSecret'> =>
  trialSecret === null ? {} : { trialSecret };
