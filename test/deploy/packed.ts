// The package as it is published, made from a copy of the checkout so that building does not disturb it.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../support/gateway.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
/** This process' own Node first, so that npm and shebangs find no other. */
export const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;

const NOT_PACKED = new Set(['node_modules', 'dist', 'data', '.git']);

export function npm(folder: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', [...args, '--no-audit', '--no-fund'], {
    cwd: folder,
    env: { ...process.env, PATH, CI: '' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Null if npm's registry answers. */
export const missingRegistry = (): string | null =>
  spawnSync('npm', ['ping'], { env: { ...process.env, PATH } }).status === 0
    ? null
    : 'the package registry cannot be reached';

/** Path of the tarball. */
export function pack(t: ExecutionContext): string {
  const folder = temporaryFolder(t);
  const copy = join(folder, 'checkout');
  mkdirSync(copy);
  for (const name of readdirSync(ROOT))
    if (!NOT_PACKED.has(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  npm(copy, 'pack', '--pack-destination', folder);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
}
