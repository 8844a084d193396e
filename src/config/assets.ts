// Finds files that ship beside the code, from a checkout (src/config/) as well as from the built package (dist/src/config/,
// with the files copied under dist/).

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where `config/` stands, seen from this file: the nearest of these that has it. */
const ROOTS = ['../../', '../../../'];

/** Path of a shipped file, such as `config/purposes.yaml`. */
export function assetPath(relative: string): string {
  for (const root of ROOTS) {
    const path = fileURLToPath(new URL(root + relative, import.meta.url));
    if (existsSync(path)) return path;
  }
  return fileURLToPath(new URL((ROOTS[0] ?? '') + relative, import.meta.url));
}

export const readAsset = (relative: string): string => readFileSync(assetPath(relative), 'utf8');
