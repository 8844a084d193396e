// Runs beside the image's files, where nothing but loopback is reached: starts what the image would start, as its user and
// without privileges, asks its health, sends it an event, tries to write where nothing may be written, and ends it as an engine
// would. It stands alone: node contained.ts ROOT USER COMMAND HEALTH, the last two as JSON.

import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const [root = '', user = '', command = '[]', health = '[]'] = process.argv.slice(2);
const [uid = '', gid = ''] = user.split(':');
const PUBLIC = 'http://127.0.0.1:8080';

const AS_USER = `--reuid=${uid} --regid=${gid} --clear-groups`;
const PRIVILEGES = '--no-new-privs --bounding-set=-all --inh-caps=-all';

/** As the engine would: the user, no capability, no way to any. */
const confined = (words: readonly string[]): readonly string[] =>
  ['chroot', root, 'setpriv', ...AS_USER.split(' '), ...PRIVILEGES.split(' ')].concat(words);

/** Exit status of a command inside. */
function tried(...words: readonly string[]): number | null {
  const [program = '', ...args] = confined(words);
  return spawnSync(program, args, { stdio: 'ignore' }).status;
}

const healthy = (): number | null => tried(...(JSON.parse(health) as string[])); // as the test wrote it

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 200) throw new Error(`waited for ${what}`);
    await pause(50);
  }
}

async function sendEvent(): Promise<number> {
  const answer = await fetch(`${PUBLIC}/v1/track`, {
    method: 'POST',
    headers: { origin: 'https://shop.example', 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey: 'shop-web', event: 'Order Completed', anonymousId: 'visitor-1' }),
  });
  return answer.status;
}

// Process 1 of its own, as in a container: signals that it does not listen for are not delivered.
const namespaces = ['--pid', '--fork', '--kill-child'];
const started = spawn('unshare', [...namespaces, ...confined(JSON.parse(command) as string[])], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.on('exit', () => void started.kill('SIGKILL'));
await until('a healthy gateway', () => started.exitCode === null && healthy() === 0);

const children = readFileSync(`/proc/${started.pid}/task/${started.pid}/children`, 'utf8');
const pid = Number(children.trim());
const status = readFileSync(`/proc/${pid}/status`, 'utf8');
const field = (name: string): string => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
const volume = `${root}/var/lib/sluis`;
const seen = {
  user: field('Uid').split('\t')[0],
  capabilities: field('CapBnd'),
  noNewPrivileges: field('NoNewPrivs'),
  first: field('NSpid').split('\t').at(-1),
  accepted: await sendEvent(),
  written: {
    // By root, so that it is the mount that refuses.
    root: spawnSync('chroot', [root, 'touch', '/written', '/opt/sluis/written'], { stdio: 'ignore' }).status,
    tmp: tried('touch', '/tmp/written'),
    volume: tried('touch', '/var/lib/sluis/written'),
  },
  volume: `${statSync(volume).uid} ${(statSync(volume).mode & 0o777).toString(8)}`,
  store: readdirSync(volume).filter((name) => name.endsWith('.db')),
  package: readdirSync(`${root}/opt/sluis`).sort(),
  megabytes: Number.parseInt(spawnSync('du', ['-sm', `${root}/opt/sluis`], { encoding: 'utf8' }).stdout, 10),
  modules: readdirSync(`${root}/opt/sluis/node_modules`),
};
const since = performance.now();
const ended = new Promise((resolve) => started.once('exit', resolve));
process.kill(pid, 'SIGTERM');
const exit = await ended;
console.log(JSON.stringify({ ...seen, exit, seconds: Math.round((performance.now() - since) / 1000) }));
process.exit(0);
