// deploy/Dockerfile, compose.yaml and .dockerignore by what they say: no engine is needed. That the steps lead to an image that
// runs is shown by container.long.ts.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { readCall } from '../../src/cli/command.ts';
import { serve } from '../../src/cli/serve.ts';
import { startGateway } from '../support/gateway.ts';
import { DEPLOY } from './adapted.ts';
import { copyOf, healthCommand, imageStages, saidBy, stagesOf, words } from './image.ts';
import { ROOT } from '../support/packed.ts';

interface Service {
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly mem_limit?: string;
  readonly memswap_limit?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface Compose {
  readonly services: { readonly gateway: Service; readonly caddy: Service };
  readonly networks: Readonly<Record<string, null | Readonly<Record<string, unknown>>>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');
const compose = parse(read('compose.yaml')) as Compose; // our own file
const routing = read('gateway.production.yaml');
const { gateway, caddy } = compose.services;
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
  const [node, main = '', ...none] = words(saidBy(image, 'ENTRYPOINT'));
  t.is(node, 'node');
  t.deepEqual(none, []);
  t.is(main.replace('/opt/sluis/dist/', '').replace('.js', '.ts'), 'src/main.ts');
  const [command, ...args] = words(saidBy(image, 'CMD'));
  t.is(command, serve.name);
  t.is(readCall(serve, args).config, '/etc/sluis/gateway.yaml');
  t.true(gateway.volumes?.includes('/srv/sluis/routing:/etc/sluis:ro'));
});

test('its health is that of a gateway that runs, at the port that compose sets', async (t) => {
  const [, port = ''] = gateway.environment?.['SLUIS_LISTEN']?.split(':') ?? [];
  t.is(port, saidBy(image, 'EXPOSE'));
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

test('both containers have a read-only root and no privileges', (t) => {
  for (const [name, service] of Object.entries(compose.services)) {
    t.true(service.read_only, name);
    t.deepEqual(service.cap_drop, ['ALL'], name);
    t.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
  }
  t.true(gateway.tmpfs?.some((each) => each.startsWith('/tmp:')));
  t.is(gateway.memswap_limit, gateway.mem_limit, 'no swap');
  t.deepEqual(gateway.build, { context: '..', dockerfile: 'deploy/Dockerfile' });
});

test('only Caddy is reached from outside, and only from its network are addresses believed', (t) => {
  t.is(gateway.ports, undefined);
  t.deepEqual(caddy.ports, ['80:80', '443:443']);
  const front = compose.networks['front'];
  t.like(front, { internal: true, ipam: { config: [{ subnet: gateway.environment?.['SLUIS_FRONT'] }] } });
  t.deepEqual(
    caddy.networks?.filter((name) => gateway.networks?.includes(name)),
    ['front'],
  );
  const port = gateway.environment?.['SLUIS_LISTEN']?.split(':')[1];
  t.is(caddy.environment?.['SLUIS_GATEWAY'], `gateway:${port}`);
  t.is(caddy.depends_on?.['gateway']?.condition, 'service_healthy');
  t.false(`${read('Dockerfile')}${JSON.stringify(compose)}`.includes('9090'));
});

test('what is named is declared: networks, volumes, secrets and the place of the store', (t) => {
  const used = [...new Set([...(gateway.networks ?? []), ...(caddy.networks ?? [])])];
  t.deepEqual(used.sort(), Object.keys(compose.networks).sort());
  const mounts = [...(gateway.volumes ?? []), ...(caddy.volumes ?? [])].map((each) => each.split(':'));
  const volumes = mounts.map(([from = '']) => from).filter((from) => !/^[./]/.test(from));
  t.deepEqual(volumes.sort(), Object.keys(compose.volumes).sort());
  t.deepEqual(mounts.find(([from]) => from === 'store')?.[1], saidBy(image, 'VOLUME'));
  t.true(routing.includes(`sqlite:${saidBy(image, 'VOLUME')}/`));
  const files = [...routing.matchAll(/\$\{file:\/run\/secrets\/([^}]+)\}/g)].map(([, name = '']) => name);
  t.deepEqual(files.sort(), [...(gateway.secrets ?? [])].sort());
  t.deepEqual(files.sort(), Object.keys(compose.secrets).sort());
  for (const [name, { file }] of Object.entries(compose.secrets))
    t.is(`sluis_${file.replace('/srv/sluis/secrets/', '')}`, name);
});
