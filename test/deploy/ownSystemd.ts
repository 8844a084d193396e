// A systemd of its own for a test: process 1 of new namespaces, over a copy of this machine's files that is gone afterwards. It
// sees no network but its own loopback, and nothing of it reaches the machine's own systemd, if there is one.

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from '../support/gateway.ts';

const LIMIT_MS = 90_000;
const CGROUPS = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) =>
  existsSync(join(path, 'cgroup.procs')),
);

/** Why there can be none here, or null. */
export function missing(): string | null {
  if (!existsSync('/lib/systemd/systemd')) return 'systemd is not installed';
  if (process.getuid?.() !== 0) return 'a systemd of its own needs root';
  if (CGROUPS === undefined) return 'a systemd of its own needs control groups of version 2';
  const made = spawnSync('unshare', ['--mount', '--pid', '--net', '--cgroup', '--fork', 'true']);
  return made.status === 0 ? null : 'a systemd of its own needs namespaces, which this machine does not give';
}

/**
 * Makes the copy, and hands over to systemd. `@` is a folder of the test; what is written to /srv ends up in `@/srv`. What would
 * set up a machine at its start (kernel settings, modules) is left out, since there is only one kernel.
 */
const BOOT = `
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs @/layers
mkdir @/layers/upper @/layers/work
mount -t overlay overlay -o lowerdir=/,upperdir=@/layers/upper,workdir=@/layers/work @/root
cd @/root
mkdir -p opt/sluis srv usr/local/bin
touch usr/local/bin/node
mount --bind @NODE usr/local/bin/node
mount --bind @/opt opt/sluis
mount --bind @/srv srv
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
ln -s /proc/self/fd dev/fd
ln -s pts/ptmx dev/ptmx
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ip link set lo up
rm -rf etc/systemd/system/* lib/systemd/system/sysinit.target.wants
cp -r @/files/. .
mount -t tmpfs tmpfs tmp
pivot_root . mnt
umount -l /mnt
mount --make-rshared /
exec env -i container=test PATH=/usr/local/bin:/usr/bin:/bin \\
  /lib/systemd/systemd --unit=inside.service --log-target=null --show-status=false
`;

/** Runs the script of the test, and then ends everything. */
const INSIDE = `
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
ExecStart=/usr/local/bin/node /srv/inside.ts
StandardOutput=file:/srv/said
StandardError=inherit
`;

export interface Inside {
  /** Text by path, from the root on; those under a folder `secrets` are for root alone. */
  readonly files: Readonly<Record<string, string>>;
  /** Folder that is /opt/sluis inside. */
  readonly opt: string;
  /** Script that runs inside as root, and writes what it found to /srv/told.json. */
  readonly script: string;
}

function write(folder: string, { files, script }: Inside): void {
  const units = { '/etc/systemd/system/inside.service': INSIDE };
  for (const [path, text] of Object.entries({ ...files, ...units })) {
    const target = join(folder, 'files', path);
    mkdirSync(join(target, '..'), { recursive: true });
    writeFileSync(target, text);
    if (path.includes('/secrets/')) chmodSync(target, 0o600);
  }
  writeFileSync(join(folder, 'srv/inside.ts'), readFileSync(script));
}

/** From the leaves on; a group is a folder that only holds folders. */
function removeGroup(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroup(join(path, entry.name));
  rmdirSync(path);
}

/** What the script told. Throws what it said if it told nothing. */
export async function inOwnSystemd(
  t: ExecutionContext,
  inside: Inside,
): Promise<Readonly<Record<string, unknown>>> {
  const folder = temporaryFolder(t);
  for (const name of ['layers', 'root', 'files', 'srv']) mkdirSync(join(folder, name));
  write(folder, inside);
  const boot = BOOT.replaceAll('@NODE', process.execPath)
    .replaceAll('@/opt', inside.opt)
    .replaceAll('@/', `${folder}/`);
  writeFileSync(join(folder, 'boot'), boot);
  const group = join(CGROUPS ?? '', basename(folder));
  mkdirSync(group);
  const enter = `echo $$ > ${group}/cgroup.procs && exec "$@"`;
  const namespaces = ['--mount', '--pid', '--uts', '--ipc', '--net', '--cgroup', '--fork', '--kill-child'];
  const child = spawn('sh', ['-c', enter, 'sh', 'unshare', ...namespaces, 'sh', join(folder, 'boot')], {
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.teardown(() => void child.kill('SIGKILL'));
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString('utf8')));
  await new Promise((resolve) => child.once('exit', resolve));
  removeGroup(group);
  const [told, output] = [join(folder, 'srv/told.json'), join(folder, 'srv/said')];
  if (existsSync(output)) said.push(readFileSync(output, 'utf8'));
  if (!existsSync(told)) throw new Error(`nothing was told: ${said.join('\n')}`);
  return JSON.parse(readFileSync(told, 'utf8')) as Readonly<Record<string, unknown>>; // an object is what scripts tell
}
