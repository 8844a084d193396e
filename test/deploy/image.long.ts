// deploy/Dockerfile, compose.yaml and .dockerignore by what they say: no engine is needed. That the steps lead to an image that
// runs is shown by container.long.ts.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readCall } from '../../src/cli/command.ts';
import { serve } from '../../src/cli/serve.ts';
import { startGateway } from '../support/gateway.ts';
import { DEPLOY } from './adapted.ts';
import { mountsOf, named, PROFILES, readCompose, servicesOf } from './compose.ts';
import { copyOf, healthCommand, imageStages, saidBy, stagesOf, words } from './image.ts';
import { ROOT } from '../support/packed.ts';

const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');
const compose = readCompose();
const routing = read('gateway.production.yaml');
const profiles = PROFILES.map((profile) => {
  const services = servicesOf(compose, profile);
  return {
    profile,
    services,
    gateways: named(services, /^gateway/),
    fronts: named(services, /^caddy/),
    servers: named(services, /^nats/),
  };
});
const gateways = profiles.flatMap((each) => each.gateways);
const stages = imageStages();
const image = stages.at(-1);

test('a Dockerfile is read by lines, joined at a backslash and without comments', (t) => {
  t.deepEqual(stagesOf('# why\nFROM a AS b\nRUN one \\\n  && two\n\nFROM c\nUSER 1\n'), [
    { base: 'a', name: 'b', instructions: [{ name: 'RUN', text: 'one && two' }] },
    { base: 'c', name: '', instructions: [{ name: 'USER', text: '1' }] },
  ]);
});

test('what the image is made of is there, and the build is sent nothing else', (t) => {
  const copied = stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ name }) => name === 'COPY')
    .map(({ text }) => copyOf(text));
  const sources = copied
    .flatMap(({ from, sources: paths }) => (from === null ? paths : []))
    .map((path) => path.replace(/\/$/, ''));
  t.deepEqual(
    sources.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
  const [first, ...others] = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => !/^(?:#|$)/.test(line));
  t.is(first, '*');
  t.deepEqual(others.sort(), [...new Set(sources)].map((path) => `!${path}`).sort());
  const names = stages.map(({ name }) => name);
  t.deepEqual(
    copied.filter(({ from }) => from !== null && !names.includes(from)),
    [],
  );
  t.true(sources.includes('package-lock.json'));
});

test('the image runs as nobody of consequence, on the Node that the package wants, and is ended gently', (t) => {
  t.deepEqual(
    new Set(stages.map(({ base }) => base)),
    new Set(['node:24-slim']),
    'one base, whose Node is that of `engines`',
  );
  t.regex(saidBy(image, 'USER'), /^[1-9]\d{4}:[1-9]\d{4}$/);
  t.is(saidBy(image, 'STOPSIGNAL'), 'SIGTERM');
  t.deepEqual(
    image?.instructions.filter(({ name }) => name === 'ARG' || name === 'ADD'),
    [],
  );
  t.is(saidBy(image, 'ENV'), 'NODE_ENV=production');
});

test('its command line is one that the gateway knows', (t) => {
  const [node, ...said] = words(saidBy(image, 'ENTRYPOINT'));
  const [main = '', ...none] = said.filter((word) => !word.startsWith('--'));
  t.is(node, 'node');
  t.deepEqual(none, []);
  const options = said.filter((word) => word.startsWith('--'));
  t.is(spawnSync(process.execPath, [...options, '--eval', '']).status, 0, 'Node knows its options');
  t.is(main.replace('/opt/sluis/dist/', '').replace('.js', '.ts'), 'src/main.ts');
  const [command, ...args] = words(saidBy(image, 'CMD'));
  t.is(command, serve.name);
  t.is(readCall(serve, args).config, '/etc/sluis/gateway.yaml');
  for (const [name, gateway] of gateways)
    t.true(gateway.volumes?.includes('/srv/sluis/routing:/etc/sluis:ro'), name);
});

test('its health is that of a gateway that runs, at the port that compose sets', async (t) => {
  const port = saidBy(image, 'EXPOSE');
  for (const [name, { environment }] of gateways)
    t.is(environment?.['SLUIS_LISTEN'], `0.0.0.0:${port}`, name);
  const [program, ...args] = healthCommand(image);
  t.is(program, 'node');
  t.true(args.at(-1)?.includes(`http://127.0.0.1:${port}/readyz`));
  const running = await startGateway(t);
  const here = args.map((arg) => arg.replace(`:${port}`, `:${running.app.publicPort}`));
  // The gateway lives in this process, so the check may not block it.
  const status = async (): Promise<number | null> => {
    const [code] = (await once(spawn(process.execPath, here), 'exit')) as [number | null];
    return code;
  };
  t.is(await status(), 0);
  await running.stop();
  t.is(await status(), 1);
});

test('all containers have a read-only root and no privileges', (t) => {
  for (const [name, service] of Object.entries(compose.services)) {
    t.true(service.read_only, name);
    t.deepEqual(service.cap_drop, ['ALL'], name);
    t.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    t.is(service.memswap_limit, service.mem_limit, 'no swap');
  }
  for (const [name, { tmpfs, build }] of gateways) {
    t.true(
      tmpfs?.some((each) => each.startsWith('/tmp:')),
      name,
    );
    t.deepEqual(build, { context: '..', dockerfile: 'deploy/Dockerfile' });
  }
});

test('each profile is whole by itself, and without a name the one gateway is meant', (t) => {
  t.regex(read('.env'), /^COMPOSE_PROFILES=single$/m);
  for (const { profile, services, gateways: own, fronts, servers } of profiles) {
    t.deepEqual([own.length, fronts.length, servers.length], profile === 'single' ? [1, 1, 0] : [2, 1, 3]);
    for (const [name, { depends_on: waits = {} }] of Object.entries(services))
      for (const [other, { condition }] of Object.entries(waits)) {
        t.true(Object.hasOwn(services, other), `${name} waits for ${other}`);
        t.is(condition, 'service_healthy');
      }
  }
});

test('only Caddy is reached from outside, and only from its network are addresses believed', (t) => {
  for (const { services, gateways: own, fronts, servers } of profiles) {
    const [, caddy] = fronts[0] ?? [];
    t.deepEqual(
      Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`)),
      ['80:80', '443:443'].map((port) => `${fronts[0]?.[0]} ${port}`),
    );
    const port = saidBy(image, 'EXPOSE');
    t.is(caddy?.environment?.['SLUIS_GATEWAY'], own.map(([name]) => `${name}:${port}`).join(' '));
    t.deepEqual(
      Object.keys(caddy?.depends_on ?? {}),
      own.map(([name]) => name),
    );
    for (const [, gateway] of own) {
      const front = compose.networks['front'];
      t.like(front, { internal: true, ipam: { config: [{ subnet: gateway.environment?.['SLUIS_FRONT'] }] } });
      t.deepEqual(
        caddy?.networks?.filter((name) => gateway.networks?.includes(name)),
        ['front'],
      );
      if (servers.length > 0) t.like(compose.networks['store'], { internal: true });
      for (const [name, server] of servers) {
        t.deepEqual(server.networks, ['store'], name);
        t.true(gateway.networks?.includes('store'));
      }
    }
  }
  t.false(`${read('Dockerfile')}${JSON.stringify(compose)}`.includes('9090'));
});

test('what is named is declared: networks, volumes, secrets and the place of the store', (t) => {
  const all = Object.values(compose.services);
  const used = (of: (service: (typeof all)[number]) => readonly string[] | undefined): readonly string[] =>
    [...new Set(all.flatMap((service) => of(service) ?? []))].sort();
  t.deepEqual(
    used(({ networks }) => networks),
    Object.keys(compose.networks).sort(),
  );
  t.deepEqual(
    used(({ secrets }) => secrets),
    Object.keys(compose.secrets).sort(),
  );
  const volumes = used((service) =>
    mountsOf(service)
      .map(({ source }) => source)
      .filter((from) => !/^[./]/.test(from)),
  );
  t.deepEqual(volumes, Object.keys(compose.volumes).sort());
  for (const [name, gateway] of gateways) {
    const own = mountsOf(gateway).filter(({ target }) => target === saidBy(image, 'VOLUME'));
    t.is(own.length, 1, name);
    t.is(
      gateways.filter(([, other]) => mountsOf(other).some(({ source }) => source === own[0]?.source)).length,
      1,
      name,
    );
  }
  for (const [name, { file }] of Object.entries(compose.secrets))
    t.is(`sluis_${file.replace('/srv/sluis/secrets/', '')}`, name);
});

test('the routing file to begin with names the secrets and the place of each profile', (t) => {
  const [, other = ''] = /^# (store: nats:.*)$/m.exec(routing) ?? [];
  const replicated = routing.replace(/^store: .*$/m, other);
  for (const { profile, gateways: own } of profiles) {
    const text = (profile === 'single' ? routing : replicated).replace(/^#.*$/gm, '');
    const [, path = ''] = /^store: (?:sqlite:|.*[?&]local=)([^&\n]*)$/m.exec(text) ?? [];
    t.true(path.startsWith(`${saidBy(image, 'VOLUME')}/`), profile);
    const files = [...text.matchAll(/\$\{file:\/run\/secrets\/([^}]+)\}/g)].map(([, name = '']) => name);
    for (const [name, { secrets = [] }] of own) t.deepEqual(files.sort(), [...secrets].sort(), name);
  }
});
