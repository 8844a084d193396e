// Figures that stand in deploy/ because of others that stand in the gateway: who gives up first, how long an end may take, how
// much may be open. A change on one side that forgets the other fails here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadText } from '../../src/config/file.ts';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { readCall } from '../../src/cli/command.ts';
import { serve } from '../../src/cli/serve.ts';
import { DEPLOY } from './adapted.ts';
import { gatewaysOf, kustomization, manifestsOf, SHAPES } from './kubernetes.ts';
import { ROOT } from '../support/packed.ts';

const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');
const nginx = read('nginx/sluis.conf');
const caddy = read('caddy/Caddyfile');
const unit = read('systemd/sluis.service');
const compose = read('compose.yaml');
const routing = read('gateway.production.yaml');

/** The one figure that the pattern finds; there has to be one. */
function figure(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing there for ${pattern.source}`);
  return Number(found.replaceAll('_', ''));
}

const source = (name: string): string => readFileSync(join(ROOT, 'src', name), 'utf8');
const app = source('app.ts');
const stopSeconds = figure(app, /^const STOP_MS = ([\d_]+);/m) / 1000;
/** Each waits for the one before. */
const stops = app.match(/\((?:STOP_MS)\)/g)?.length ?? 0;
const keepAliveSeconds = figure(source('http/listener.ts'), /^const KEEP_ALIVE_MS = ([\d_]+);/m) / 1000;
const { limits } = DEFAULTS.server;
const arrivalSeconds = figure(limits.requestTimeout, /^(\d+)s$/);
const bodyMegabytes = figure(limits.body, /^(\d+)MB$/);
const headerKilobytes = figure(limits.header, /^(\d+)KB$/);

test('fronts close idle connections to the gateway before it does', (t) => {
  t.true(figure(nginx, /^ +keepalive_timeout (\d+)s;/m) < keepAliveSeconds);
  t.true(figure(caddy, /\tkeepalive (\d+)s/) < keepAliveSeconds);
});

test('the gateway gives up on a request that does not arrive before its front does', (t) => {
  for (const what of ['client_body_timeout', 'client_header_timeout', 'proxy_send_timeout'])
    t.true(figure(nginx, new RegExp(`${what} (\\d+)s;`)) > arrivalSeconds, what);
  t.true(figure(caddy, /read_body (\d+)s/) > arrivalSeconds);
  t.true(figure(caddy, /read_header (\d+)s/) > arrivalSeconds);
});

test('fronts wait for answers longer than the gateway may take when it stops', (t) => {
  t.true(figure(nginx, /proxy_read_timeout (\d+)s;/) > stopSeconds);
  t.true(figure(caddy, /response_header_timeout (\d+)s/) > stopSeconds);
});

test('fronts let through what the gateway takes', (t) => {
  t.true(figure(nginx, /client_max_body_size (\d+)m;/) > bodyMegabytes);
  t.true(figure(caddy, /max_size (\d+)MiB/) > bodyMegabytes);
  t.true(figure(nginx, /large_client_header_buffers 4 (\d+)k;/) >= headerKilobytes);
});

test('whoever ends the gateway waits until it has ended by itself', (t) => {
  t.is(stops, 3);
  for (const seconds of [
    figure(unit, /^TimeoutStopSec=(\d+)s$/m),
    figure(compose, /stop_grace_period: (\d+)s/),
  ])
    t.true(seconds > stops * stopSeconds + 5, `${seconds} s`);
  for (const shape of SHAPES)
    for (const { name, container, template } of gatewaysOf(manifestsOf(shape))) {
      const [, before = '0'] = container.lifecycle?.preStop?.exec?.command ?? [];
      const seconds = template.spec?.terminationGracePeriodSeconds ?? 0;
      t.true(seconds - Number(before) > stops * stopSeconds + 5, name);
    }
});

test('a probe waits as long as the gateway may take to say that its store does not answer', (t) => {
  const patience = figure(source('http/health.ts'), /^const PATIENCE_MS = ([\d_]+);/m) / 1000;
  for (const { container } of SHAPES.flatMap((shape) => gatewaysOf(manifestsOf(shape))))
    t.true((container.readinessProbe?.timeoutSeconds ?? 0) > patience);
  t.true(figure(compose, /health_timeout (\d+)s/) > patience);
});

test('images carry the version of the package', (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly version: string;
  }; // our own file
  for (const shape of SHAPES)
    t.is(kustomization(shape).images?.find(({ name }) => name === 'sluis')?.newTag, version);
});

test('as many files may be open as there may be clients, and more', (t) => {
  t.true(figure(unit, /^LimitNOFILE=(\d+)$/m) > 2 * limits.connections);
  t.true(figure(compose, /nofile: (\d+)/) > 2 * limits.connections);
});

test('the unit runs a command line that the gateway knows, on the files that it says', (t) => {
  const [program, command, ...args] = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '').split(' ');
  t.is(program, '/opt/sluis/node_modules/.bin/sluis');
  t.is(command, serve.name);
  t.is(readCall(serve, args).config, '/etc/sluis/gateway.yaml');
  t.true(routing.includes(`sqlite:/var/lib/${/^StateDirectory=(.*)$/m.exec(unit)?.[1]}/`));
});

const load = (env: Readonly<Record<string, string>>) =>
  loadText('/etc/sluis/gateway.yaml', routing, {
    env,
    readFile: (name) => {
      if (!name.startsWith('/run/secrets/sluis_')) throw new Error(name);
      return 'a made-up secret of more than thirty-two characters\n';
    },
  });

test('the routing file to begin with runs, on the host and in a container', (t) => {
  const [, listen = '', front = ''] = /SLUIS_LISTEN: (\S+)\n\s+SLUIS_FRONT: (\S+)/.exec(compose) ?? [];
  for (const { env, host, proxies } of [
    { env: {}, host: '127.0.0.1', proxies: '127.0.0.1/32' },
    { env: { SLUIS_LISTEN: listen, SLUIS_FRONT: front }, host: '0.0.0.0', proxies: front },
  ]) {
    const loaded = load(env);
    t.deepEqual(
      loaded.problems.filter(({ severity }) => severity === 'error'),
      [],
    );
    if (!loaded.ok) throw new Error('refused');
    t.deepEqual(loaded.snapshot.server.listen, { host, port: 8080 });
    t.deepEqual(loaded.snapshot.server.trustedProxies, [proxies]);
    t.is(loaded.snapshot.server.admin.host, '127.0.0.1');
  }
  t.true(nginx.includes('server 127.0.0.1:8080;'));
  t.true(caddy.includes('{$SLUIS_GATEWAY:127.0.0.1:8080}'));
});
