// A small disk of its own for a test: a tmpfs, which only root may mount.

import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

const inTmp = (): string => mkdtempSync(join(tmpdir(), 'sluis-disk-'));

function mount(folder: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder], {
    stdio: 'pipe',
  });
}

function tryMount(): string | null {
  const folder = inTmp();
  try {
    mount(folder, 1);
    execFileSync('umount', [folder], { stdio: 'pipe' });
    return null;
  } catch {
    return 'a file system cannot be mounted here; run as root';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For `needing`: null if a disk can be mounted. */
export const noDisk = tryMount();

export interface Disk {
  readonly folder: string;
  remount(how: 'ro' | 'rw'): void;
}

/** Unmounted when the test ends. Teardowns run in reverse: start gateways after this. */
export function mountDisk(t: ExecutionContext, megabytes: number): Disk {
  const folder = inTmp();
  mount(folder, megabytes);
  t.teardown(() => {
    execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' });
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    remount: (how) => void execFileSync('mount', ['-o', `remount,${how}`, folder], { stdio: 'pipe' }),
  };
}

/** A file that takes whatever space is left, to the last byte. Removing it gives the space back. */
export function fill(folder: string): string {
  const path = join(folder, 'somebody-elses-file');
  const file = openSync(path, 'w');
  for (let size = 1 << 20; size >= 1; size = Math.floor(size / 2)) {
    const block = Buffer.alloc(size, 1);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
  fdatasyncSync(file);
  closeSync(file);
  return path;
}
