// Makes `dist/` for the published package: what the compiler emits, and beside it everything it does not touch (SQL, pages,
// the built-in purpose mapping), because Node runs no TypeScript under node_modules.

import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, '.tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);

const assets = ['src', 'config'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name)),
);
for (const asset of assets) {
  const target = join(dist, asset.slice(root.length + 1));
  mkdirSync(dirname(target), { recursive: true });
  cpSync(asset, target);
}
chmodSync(join(dist, 'src/main.js'), 0o755);
