// What the manifests of deploy/kubernetes have to do with the gateway: its routing files, ports, probes, files and sizes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { loadText } from '../../src/config/file.ts';
import { driverOf } from '../../src/store/index.ts';
import { startGateway } from '../support/gateway.ts';
import { DEPLOY } from './adapted.ts';
import { imageStages, saidBy } from './image.ts';
import {
  allOf,
  bytesOf,
  gatewaysOf,
  KUBERNETES,
  manifestsOf,
  portsOf,
  secretsTold,
  selects,
  SHAPES,
  workloadsOf,
} from './kubernetes.ts';
import type { Manifest } from './kubernetes.ts';

const read = (name: string): string => readFileSync(join(KUBERNETES, name), 'utf8');
const shapes = SHAPES.map((name) => ({ name, manifests: manifestsOf(name) }));
const everything = shapes.flatMap(({ manifests }) => manifests);
const image = imageStages().at(-1);
/** The routing file of a shape as the pod reads it. The store is left to its driver, where there is one. */
function routingOf(name: string) {
  const text = read(`${name}/gateway.yaml`);
  const store = /^store: (.*)$/m.exec(text)?.[1] ?? '';
  const readable = driverOf(store) === null ? text.replace(store, "'memory:'") : text;
  const asked: string[] = [];
  const loaded = loadText('/etc/sluis/gateway.yaml', readable, {
    env: {},
    readFile: (path) => {
      asked.push(path);
      return 'a-made-up-secret-of-more-than-thirty-two-characters\n';
    },
  });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join());
  return { text, store, snapshot: loaded.snapshot, problems: loaded.problems, asked };
}

test('the routing files are without errors, and differ in the store alone', (t) => {
  const [single, replicated] = SHAPES.map(routingOf);
  for (const each of [single, replicated])
    t.deepEqual(
      each?.problems.filter(({ severity }) => severity === 'error'),
      [],
    );
  const without = (text = ''): string => text.replace(/^(?:#|store:).*\n/gm, '');
  t.is(without(single?.text), without(replicated?.text));
  const begun = readFileSync(join(DEPLOY, 'gateway.production.yaml'), 'utf8');
  t.is(
    without(single?.text).slice(without(single?.text).indexOf('\nsecrets:')),
    without(begun).slice(without(begun).indexOf('\nsecrets:')),
  );
});

test('the gateway listens where services and probes look for it', (t) => {
  for (const { name, manifests } of shapes) {
    const { listen, admin } = routingOf(name).snapshot.server;
    const [gateway] = gatewaysOf(manifests);
    const ports = portsOf(gateway ?? undefined);
    t.deepEqual(listen, { host: '0.0.0.0', port: ports.get('http') ?? 0 });
    t.deepEqual(admin, { host: '0.0.0.0', port: ports.get('admin') ?? 0 });
    t.is(String(listen.port), saidBy(image, 'EXPOSE'));
  }
});

test('probes ask what a gateway answers, at the listener that answers it', async (t) => {
  const gateway = await startGateway(t);
  const listeners = { http: gateway.url, admin: gateway.admin };
  for (const { container } of gatewaysOf(everything)) {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
      const { path = '', port = '' } = probe?.httpGet ?? {};
      if (port !== 'http' && port !== 'admin') throw new Error(`no listener \`${port}\``);
      t.is((await fetch(`${listeners[port]}${path}`)).status, 200, path);
    }
    t.is(readinessProbe?.httpGet?.path, '/readyz');
    // A gateway that is full or has lost its store must not be killed for it.
    t.deepEqual([startupProbe?.httpGet?.path, livenessProbe?.httpGet?.path], ['/healthz', '/healthz']);
  }
});

test('what is mounted is there: volumes, routing files and every secret that is named', (t) => {
  for (const { name, manifests } of shapes) {
    const maps = new Map(
      allOf(manifests, 'ConfigMap').map(({ metadata, data }) => [metadata.name, data ?? {}]),
    );
    const told = secretsTold(name);
    for (const { container, template, claims } of workloadsOf(manifests)) {
      const volumes = template.spec?.volumes ?? [];
      const mounts = container.volumeMounts ?? [];
      t.deepEqual(
        mounts.map((mount) => mount.name).sort(),
        [...volumes.map((volume) => volume.name), ...Object.keys(claims)].sort(),
      );
      for (const { configMap } of volumes)
        if (configMap !== undefined) t.true(maps.has(configMap.name ?? ''));
      for (const { valueFrom } of container.env ?? []) {
        const { name: secret = '', key = '' } = valueFrom?.secretKeyRef ?? {};
        if (secret !== '') t.true(told[secret]?.includes(key), key);
      }
    }
    const [gateway] = gatewaysOf(manifests);
    const volumes = gateway?.template.spec?.volumes ?? [];
    const at = (path: string) => {
      const mount = gateway?.container.volumeMounts?.find(({ mountPath }) => mountPath === path);
      return volumes.find((volume) => volume.name === mount?.name);
    };
    const command = JSON.parse(saidBy(image, 'CMD')) as readonly string[]; // the exec form
    t.true(command.includes('/etc/sluis/gateway.yaml'));
    t.true(Object.hasOwn(maps.get(at('/etc/sluis')?.configMap?.name ?? '') ?? {}, 'gateway.yaml'));
    const { secret, projected } = at('/run/secrets') ?? {};
    const mounted = [secret?.secretName, ...(projected?.sources?.map((source) => source.secret?.name) ?? [])];
    const files = mounted.flatMap((each) => told[each ?? ''] ?? []);
    const { asked, text } = routingOf(name);
    const named = [...text.matchAll(/\$\{file:([^}]+)\}/g)].map(([, path = '']) => path);
    t.true(asked.length > 0);
    t.deepEqual([...new Set(named)].sort(), files.map((file) => `/run/secrets/${file}`).sort());
  }
});

test('the store of each shape lies where there is room for it', (t) => {
  const [single, replicated] = SHAPES.map(routingOf);
  for (const [path, shape] of [
    [/^sqlite:(.*)$/.exec(single?.store ?? '')?.[1], shapes[0]],
    [/&local=([^&]*)$/.exec(replicated?.store ?? '')?.[1], shapes[1]],
  ] as const) {
    const [gateway] = gatewaysOf(shape?.manifests ?? []);
    const mount = gateway?.container.volumeMounts?.find(({ mountPath }) => path?.startsWith(`${mountPath}/`));
    t.is(mount?.mountPath, saidBy(image, 'VOLUME'));
    const volume = gateway?.template.spec?.volumes?.find(({ name }) => name === mount?.name);
    t.true(bytesOf(gateway?.claims[mount?.name ?? ''] ?? volume?.emptyDir?.sizeLimit) >= 8 * 1024 ** 3);
  }
});

test('what is asked for is what may be used, and small parts fit into it', (t) => {
  for (const { name, container, template } of workloadsOf(everything)) {
    const { requests = {}, limits = {} } = container.resources ?? {};
    t.is(requests['memory'], limits['memory'], name);
    t.is(requests['ephemeral-storage'], limits['ephemeral-storage'], name);
    t.is(limits['cpu'], undefined, name);
    let disk = 0;
    for (const { emptyDir } of template.spec?.volumes ?? []) {
      if (emptyDir?.medium === 'Memory')
        t.true(bytesOf(emptyDir.sizeLimit) <= bytesOf(limits['memory']) / 64);
      else if (emptyDir !== undefined) disk += bytesOf(emptyDir.sizeLimit);
    }
    t.true(disk <= bytesOf(limits['ephemeral-storage']), name);
  }
});

test('the autoscaler asks for a figure that the adapter has, of gateways that have something to do', (t) => {
  const [scaler] = allOf(everything, 'HorizontalPodAutoscaler');
  const { scaleTargetRef, minReplicas = 0, maxReplicas = 0, metrics = [] } = scaler?.spec ?? {};
  const [gateways] = allOf(everything, 'Deployment');
  t.is(scaleTargetRef?.name, gateways?.metadata.name);
  t.is(gateways?.spec?.replicas, undefined, 'or each apply would undo what the autoscaler did');
  t.true(minReplicas >= 2);
  const partitions = Number(/[?&]partitions=(\d+)/.exec(routingOf('replicated').store)?.[1] ?? 8);
  t.true(maxReplicas <= partitions, 'a partition has one owner');
  const adapter = parse(read('monitoring/adapter.yaml')) as {
    readonly rules: readonly { readonly name: { readonly as: string } }[];
  }; // our own file
  const asked = metrics.flatMap(({ pods }) => pods?.metric.name ?? []);
  t.deepEqual(
    asked,
    adapter.rules.map(({ name }) => name.as),
  );
});

test('Prometheus is let in, and shows the token that the gateway demands', (t) => {
  const [monitor] = manifestsOf('monitoring') as readonly (Manifest & {
    readonly spec: {
      readonly jobLabel: string;
      readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
      readonly endpoints: readonly [
        {
          readonly port: string;
          readonly path: string;
          readonly authorization: { readonly credentials: object };
        },
      ];
    };
  })[]; // our own file; its types are the operator's
  const chosen = allOf(manifestsOf('single'), 'Service').filter(({ metadata }) =>
    selects(monitor?.spec.selector.matchLabels, metadata.labels),
  );
  t.is(chosen.length, 1);
  t.is(chosen[0]?.metadata.labels?.[monitor?.spec.jobLabel ?? ''], 'sluis', 'the job of rules and dashboard');
  const [endpoint] = monitor?.spec.endpoints ?? [];
  t.true(chosen[0]?.spec?.ports?.some(({ name }) => name === endpoint?.port));
  t.is(endpoint?.path, '/metrics');
  t.deepEqual(endpoint?.authorization.credentials, { name: 'sluis', key: 'sluis_admin' });
  t.true(read('single/gateway.yaml').includes("adminTokens: ['${file:/run/secrets/sluis_admin}']"));
});
