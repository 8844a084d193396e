// The package as it is published, made from a copy of the checkout so that building does not disturb it.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './gateway.ts';

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

export interface Packed {
  readonly tarball: string;
  /** Paths within the package. */
  readonly files: readonly string[];
}

/** Packs a copy of the checkout. */
export function pack(t: ExecutionContext): Packed {
  const copy = join(temporaryFolder(t), 'checkout');
  mkdirSync(copy);
  for (const name of readdirSync(ROOT))
    if (!NOT_PACKED.has(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const out = npm(copy, 'pack', '--json');
  const [told] = JSON.parse(out.slice(out.indexOf('[\n'))) as readonly {
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[]; // as npm writes it
  return { tarball: join(copy, told?.filename ?? ''), files: told?.files.map(({ path }) => path) ?? [] };
}
