// What the NATS servers of deploy/ are told, in Kubernetes and by compose: one file for all, and names, places and times that meet
// those of the pods, the containers and the gateways.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { DEPLOY } from './adapted.ts';
import { mountsOf, named, readCompose, servicesOf } from './compose.ts';
import { allOf, bytesOf, KUBERNETES, manifestsOf, portsOf } from './kubernetes.ts';
import { CONFIG, natsSet } from './nats.ts';

const text = readFileSync(CONFIG, 'utf8');
const set = natsSet();
const pod = set.template.spec;
const servers = named(servicesOf(readCompose(), 'replicated'), /^nats/);
const pods = Array.from(
  { length: set.manifest.spec?.replicas ?? 0 },
  (_, index) => `${set.name}-${index}.${set.name}`,
);

/** What stands after a word at the beginning of a line. */
function said(word: string): string {
  const found = new RegExp(`^ *${word}:? ([^{\\n]+)$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing there for ${word}`);
  return found;
}

/** Of the pods, and of what compose starts. */
const ROUTING_FILES = [
  join(KUBERNETES, 'replicated/gateway.yaml'),
  join(DEPLOY, 'gateway.production.yaml'),
] as const;

const secondsOf = (duration = ''): number => Number(/^(\d+)s$/.exec(duration)?.[1]);

test('it listens where pods and their probes say', (t) => {
  const [client = '', cluster = ''] = [...text.matchAll(/^ *listen: 0\.0\.0\.0:(\d+)$/gm)].map(
    ([, port = '']) => port,
  );
  const health = said('http').replace('0.0.0.0:', '');
  const ports = portsOf(set);
  t.deepEqual([client, cluster, health].map(Number), [
    ports.get('client'),
    ports.get('cluster'),
    ports.get('health'),
  ]);
  for (const [name, { healthcheck }] of servers)
    t.regex(healthcheck?.test.at(-1) ?? '', new RegExp(`^http://127\\.0\\.0\\.1:${health}/healthz`), name);
});

test('it is ready when it has all that it keeps, and found before that', (t) => {
  const { startupProbe, livenessProbe, readinessProbe } = set.container;
  const paths = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet?.path);
  t.deepEqual(paths, ['/healthz?js-enabled-only=true', '/healthz?js-enabled-only=true', '/healthz']);
  const services = allOf(manifestsOf('replicated'), 'Service').filter(({ spec }) =>
    Object.entries(spec?.selector ?? {}).every(([name, value]) => set.labels[name] === value),
  );
  t.is(services.length, 1);
  for (const { spec } of services) t.true(spec?.publishNotReadyAddresses);
});

test('what it needs from outside is given, everywhere', (t) => {
  const needed = [...text.matchAll(/: \$(\w+)$/gm)].map(([, name = '']) => name);
  const given = set.container.env?.map(({ name }) => name) ?? [];
  t.deepEqual(needed, ['NATS_NAME', 'NATS_PASSWORD']);
  for (const name of needed) t.true(given.includes(name), name);
  for (const [name, { environment = {}, entrypoint = [], secrets }] of servers) {
    t.is(environment['NATS_NAME'], name);
    t.true(entrypoint.join(' ').includes('NATS_PASSWORD=$$(cat /run/secrets/sluis_nats) exec nats-server'));
    t.deepEqual(secrets, ['sluis_nats']);
  }
});

test('each is told where all of them are, and gateways are as well', (t) => {
  const routes = (words: readonly string[] = []): string =>
    words.find((word) => word.startsWith('--routes=')) ?? '';
  const routesTo = (hosts: readonly string[]) =>
    `--routes=${hosts.map((host) => `nats://${host}:6222`).join()}`;
  t.is(routes(set.container.args), routesTo(pods));
  const services = servers.map(([name]) => name);
  for (const [name, { command }] of servers) t.is(routes(command), routesTo(services), name);
  for (const [file, hosts] of [
    [ROUTING_FILES[0], pods],
    [ROUTING_FILES[1], services],
  ] as const) {
    const [, address = ''] =
      /store: nats:\/\/sluis:\$\{file:[^}]+\}@(\S+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
    t.true(
      address.startsWith(`${hosts.map((host) => `${host}:4222`).join()}?replicas=${hosts.length}&`),
      file,
    );
  }
  t.is(said('user'), 'sluis');
});

test('what it writes has a place, which is larger than what it may keep', (t) => {
  const places = [said('store_dir'), said('pid_file').replace(/\/[^/]*$/, '')];
  for (const place of places)
    t.true(
      set.container.volumeMounts?.some(({ mountPath }) => mountPath === place),
      place,
    );
  const data = set.container.volumeMounts?.find(({ mountPath }) => mountPath === places[0])?.name ?? '';
  const most = Number(/^(\d+)GB$/.exec(said('max_file_store'))?.[1]) * 1024 ** 3;
  t.true(most <= 0.8 * bytesOf(set.claims[data]));
  for (const file of ROUTING_FILES) {
    const [, wanted] = /&maxBytes=(\d+)GB&/.exec(readFileSync(file, 'utf8')) ?? [];
    // As the streams are made: a quarter more for the ledger; and some for facts.
    t.true(Number(wanted) * 1024 ** 3 * 1.25 < 0.9 * most, file);
  }
  for (const [name, service] of servers) {
    t.is(mountsOf(service).find(({ target }) => target === places[0])?.source, `/srv/sluis/${name}`);
    t.true(
      service.tmpfs?.some((each) => each.startsWith(`${places[1]}:`)),
      name,
    );
  }
});

test('it is the file that is mounted where the command line looks for it', (t) => {
  const flag = (words: readonly string[] = []): string =>
    words.find((word) => word.startsWith('--config='))?.replace('--config=', '') ?? '';
  const mount = set.container.volumeMounts?.find(({ mountPath }) =>
    flag(set.container.args).startsWith(`${mountPath}/`),
  );
  t.is(pod?.volumes?.find(({ name }) => name === mount?.name)?.configMap?.name, 'sluis-nats');
  for (const [name, service] of servers) {
    const { source = '' } = mountsOf(service).find(({ target }) => target === flag(service.command)) ?? {};
    t.is(join(DEPLOY, source), CONFIG, name);
  }
});

test('it is given the time that it takes to go, and less memory to plan with than it may use', (t) => {
  const going = secondsOf(said('lame_duck_grace_period')) + secondsOf(said('lame_duck_duration'));
  t.true((pod?.terminationGracePeriodSeconds ?? 0) >= going + 10);
  const planned = set.container.env?.find(({ name }) => name === 'GOMEMLIMIT')?.value ?? '';
  const most = bytesOf(set.container.resources?.limits?.['memory']);
  t.true(bytesOf(planned.replace('MiB', 'Mi')) <= 0.9 * most);
  for (const [
    name,
    { stop_signal: signal, stop_grace_period: grace, environment, mem_limit: memory },
  ] of servers) {
    t.is(signal, 'SIGUSR2', name);
    t.true(secondsOf(grace) >= going + 10, name);
    t.is(environment?.['GOMEMLIMIT'], planned, name);
    t.is(bytesOf(memory?.replace('g', 'Gi')), most, name);
  }
});
