// Manifests held against the types that Kubernetes publishes: each is written out as a literal of its type, and the compiler finds
// fields that do not exist, lack, or have a value of another type, at any depth.

import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../support/gateway.ts';
import { ROOT } from '../support/packed.ts';
import type { Manifest } from './kubernetes.ts';

/** Where the type of a kind stands; by what `apiVersion` has to say. */
const MODULES: Readonly<Record<string, string>> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'autoscaling/v2': 'autoscaling/v2',
  'networking.k8s.io/v1': 'networking/v1',
  'policy/v1': 'policy/v1',
};

const literalOf = (manifest: Manifest, index: number): string => {
  const module = MODULES[manifest.apiVersion];
  if (module === undefined) throw new Error(`${manifest.metadata.name}: no types of ${manifest.apiVersion}`);
  const type = `import('kubernetes-types/${module}.d.ts').${manifest.kind}`;
  return `export const manifest${index}: ${type} = ${JSON.stringify(manifest, null, 1)};\n`;
};

const OPTIONS =
  '--noEmit --strict --skipLibCheck --module nodenext --allowImportingTsExtensions --types node';

/** What the compiler has to say against them; empty where all is well. */
export async function typeFaults(t: ExecutionContext, manifests: readonly Manifest[]): Promise<string> {
  const folder = temporaryFolder(t);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'manifests.ts'), manifests.map(literalOf).join(''));
  const compiler = [join(ROOT, 'node_modules/typescript/bin/tsc'), ...OPTIONS.split(' '), 'manifests.ts'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, compiler, { cwd: folder }, (error, stdout, stderr) => {
      if (error === null || stdout !== '') resolve(stdout);
      else reject(new Error(stderr, { cause: error }));
    });
  });
}
