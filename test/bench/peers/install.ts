// Puts the peers' packages, at the versions of `packages.json`, into a folder of their own: none of them is a dependency of the
// project. What is there already at those versions is left alone.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDER = resolve(import.meta.dirname, '.installed');
/** Stands where the packages are found, and as a module, so that they are loaded as modules too. */
const LOADER = join(FOLDER, 'load.js');

export const VERSIONS = JSON.parse(
  readFileSync(join(import.meta.dirname, 'packages.json'), 'utf8'),
) as Readonly<Record<string, string>>; // our own file

function versionInstalled(name: string): string | null {
  try {
    const text = readFileSync(join(FOLDER, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version; // npm wrote it
  } catch {
    return null;
  }
}

export async function installPeers(): Promise<void> {
  if (Object.entries(VERSIONS).every(([name, version]) => versionInstalled(name) === version)) return;
  mkdirSync(FOLDER, { recursive: true });
  const project = { private: true, type: 'module', dependencies: VERSIONS };
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify(project));
  writeFileSync(LOADER, 'export const load = (name) => import(name);\n');
  const args = ['install', '--prefix', FOLDER, '--no-audit', '--no-fund', '--ignore-scripts'];
  const npm = spawn('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((ended, failed) =>
    npm.once('error', failed).once('exit', ended),
  );
  if (code !== 0) throw new Error(`npm install ended with ${code}`);
}

interface Loader {
  readonly load: (name: string) => Promise<unknown>;
}

/** An installed peer. The compiler never sees its types, so that checking the project needs none of the packages. */
export async function peerModule(name: string): Promise<unknown> {
  const { load } = (await import(pathToFileURL(LOADER).href)) as Loader; // written above
  return load(name);
}

if (process.argv[1] === import.meta.filename) await installPeers();
