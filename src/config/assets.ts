// Finds files that ship beside the code, and modules that are started rather than imported, from a checkout (src/config/) as well as from the built package (dist/src/config/,
// with the files copied under dist/).

import { existsSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
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

/** Address of a module of ours by its path below `src` without ending: TypeScript in a checkout, JavaScript in the package. */
export const moduleUrl = (name: string): URL =>
  new URL(`../${name}${extname(new URL(import.meta.url).pathname)}`, import.meta.url);

/** A file of a package that this one depends on, as it was published. */
export const readPackageFile = (specifier: string): Uint8Array =>
  readFileSync(fileURLToPath(import.meta.resolve(specifier)));

export const readAsset = (relative: string): string => readFileSync(assetPath(relative), 'utf8');
