// deploy/systemd: the unit is clean, as exposed as it has to be, and runs for real under a systemd of its own, where the gateway
// is started, reloaded, killed and stopped.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/gateway.ts';
import { needing } from '../support/skip.ts';
import { adaptedFile, DEPLOY } from './adapted.ts';
import { inOwnSystemd, missing } from './ownSystemd.ts';
import { missingRegistry, npm, pack } from '../support/packed.ts';

const PROGRAM = '/opt/sluis/node_modules/.bin/sluis';
/** 0 to 10. What is left: Internet, AF_UNIX, memory that V8 makes executable, no list of addresses. */
const MOST_EXPOSED = 1.2;

const test = needing(existsSync('/lib/systemd/systemd') ? null : 'systemd is not installed');

const analyze = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return { status, out: stdout, said: stderr };
};

test('the unit has nothing that systemd would complain of', (t) => {
  const file = join(temporaryFolder(t), 'sluis.service');
  const unit = (change: string) =>
    adaptedFile('systemd/sluis.service', [
      { from: `ExecStart=${PROGRAM}`, to: `${change}ExecStart=/bin/true` },
    ]);
  writeFileSync(file, unit(''));
  t.deepEqual(analyze('verify', file), { status: 0, out: '', said: '' });
  writeFileSync(file, unit('NoSuchOption=yes\n'));
  t.not(analyze('verify', file).said, '');
});

test('the unit is exposed no more than it has to be', (t) => {
  const { out } = analyze('security', '--offline=true', '--no-pager', join(DEPLOY, 'systemd/sluis.service'));
  const exposure = /Overall exposure level for sluis\.service: ([\d.]+)/.exec(out)?.[1];
  t.log(`exposure ${exposure}`);
  t.true(Number(exposure) <= MOST_EXPOSED, out);
});

test('the user is made as written', (t) => {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'etc'));
  const file = join(DEPLOY, 'systemd/sluis.sysusers');
  t.is(spawnSync('systemd-sysusers', [`--root=${root}`, '-'], { input: readFileSync(file) }).status, 0);
  const account = readFileSync(join(root, 'etc/passwd'), 'utf8');
  t.regex(account, /^sluis:[^:]*:\d+:\d+:Sluis gateway:\/var\/lib\/sluis:\/usr\/sbin\/nologin$/m);
});

needing(missing() ?? missingRegistry())(
  'it runs: started, reloaded, killed and stopped, it loses nothing',
  async (t) => {
    t.timeout(240_000);
    const opt = temporaryFolder(t);
    chmodSync(opt, 0o755);
    npm(opt, 'install', '--prefix', opt, pack(t).tarball);
    const vendor = { from: 'type: ga4', to: 'type: ga4\n    endpoint: http://vendor.example:9999' };
    const told = await inOwnSystemd(t, {
      opt,
      script: join(import.meta.dirname, 'inside.ts'),
      files: {
        '/etc/systemd/system/sluis.service': readFileSync(join(DEPLOY, 'systemd/sluis.service'), 'utf8'),
        '/etc/sysusers.d/sluis.conf': readFileSync(join(DEPLOY, 'systemd/sluis.sysusers'), 'utf8'),
        '/etc/hosts': '127.0.0.1 localhost vendor.example\n',
        '/etc/sluis/gateway.yaml': adaptedFile('gateway.production.yaml', [
          vendor,
          { from: 'server:\n', to: 'server:\n  allowPrivateEndpoints: true\n' },
        ]),
        '/etc/sluis/secrets/k1': 'a made-up secret of more than thirty-two characters\n',
        '/etc/sluis/secrets/ga4': 'made-up\n',
      },
    });
    const file = 'sluis 600';
    const { stats, ...others } = told;
    t.like(stats, { destinations: { ga4: { pending: 1 } } });
    t.deepEqual(others, {
      confined: {
        user: 'sluis',
        noNewPrivileges: '1',
        capabilities: '0000000000000000',
        filtered: '2',
        root: 'ro',
        state: 'rw',
        secrets: ['sluis_ga4', 'sluis_k1'],
        home: [],
      },
      owned: { '.': 'sluis 700', 'sluis.db': file, 'sluis.db-reserve': file, 'sluis.db-wal': file },
      accepted: 200,
      waiting: 1,
      arrived: 1,
      restarts: '1',
      result: 'success',
      status: '0',
      state: 'inactive',
    });
  },
);
