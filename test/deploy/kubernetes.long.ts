// deploy/kubernetes by what it says, apart from the gateway: fields that exist, names that meet, privileges that are not there. No
// cluster is needed.

import test from 'ava';
import { adapted } from './adapted.ts';
import { imageStages, saidBy } from './image.ts';
import {
  allOf,
  gatewaysOf,
  kustomization,
  manifestsOf,
  portsOf,
  selects,
  SHAPES,
  workloadsOf,
} from './kubernetes.ts';
import type { Manifest } from './kubernetes.ts';
import { typeFaults } from './kubernetesTypes.ts';

const shapes = SHAPES.map((name) => ({ name, manifests: manifestsOf(name) }));
const everything = shapes.flatMap(({ manifests }) => manifests);
const image = imageStages().at(-1);

test('manifests have the fields that Kubernetes knows, and no others', async (t) => {
  t.is(await typeFaults(t, everything), '');
});

test('a field that does not exist, lacks or has another type is found', async (t) => {
  const [gateway] = gatewaysOf(manifestsOf('single'));
  const text = JSON.stringify(gateway?.manifest);
  const spoilt = [
    { from: '"periodSeconds":2', to: '"periodSecond":2' },
    { from: '"failureThreshold":6', to: '"failureThreshold":"6"' },
    { from: '"serviceName":"sluis-admin",', to: '' },
  ].map((change) => JSON.parse(adapted(text, [change])) as Manifest); // one of ours, each with one fault
  const said = await typeFaults(t, spoilt);
  t.is(said.match(/error TS/g)?.length, spoilt.length, said);
});

test('everything is in the one namespace, in which pods have to be of the strictest profile', (t) => {
  for (const { name, manifests } of shapes) {
    t.is(kustomization(name).namespace, 'sluis');
    const [namespace] = manifests.filter(({ kind }) => kind === 'Namespace');
    t.is(namespace?.metadata.name, 'sluis');
    t.is(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted');
    for (const { kind, metadata } of manifests)
      if (kind !== 'Namespace') t.is(metadata.namespace, 'sluis', `${kind} ${metadata.name}`);
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    t.is(new Set(names).size, names.length, names.join());
  }
});

test('pods have no privileges, no way to any, and files that stay as they are', (t) => {
  for (const { name, container, template } of workloadsOf(everything)) {
    const pod = template.spec;
    t.like(pod?.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, name);
    t.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    t.is(pod?.automountServiceAccountToken, false, name);
    t.is(pod?.enableServiceLinks, false, name);
    t.is(pod?.hostNetwork ?? pod?.hostPID ?? pod?.hostIPC, undefined, name);
  }
  for (const { template } of gatewaysOf(everything)) {
    const { runAsUser, runAsGroup, fsGroup } = template.spec?.securityContext ?? {};
    t.is(`${runAsUser}:${runAsGroup}`, saidBy(image, 'USER'), 'as the image');
    t.is(fsGroup, runAsGroup);
  }
});

test('selectors choose the pods that they are meant for, and each pod is chosen', (t) => {
  for (const { name, manifests } of shapes) {
    const workloads = workloadsOf(manifests);
    for (const { manifest, labels } of workloads)
      t.true(selects(manifest.spec?.selector.matchLabels, labels), name);
    const policies = allOf(manifests, 'NetworkPolicy').map(({ spec }) => spec?.podSelector.matchLabels);
    const services = allOf(manifests, 'Service').map(({ spec }) => spec?.selector);
    const budgets = allOf(manifests, 'PodDisruptionBudget').map(({ spec }) => spec?.selector?.matchLabels);
    for (const selector of [...policies, ...services, ...budgets])
      t.is(workloads.filter(({ labels }) => selects(selector, labels)).length, 1, JSON.stringify(selector));
    for (const { labels } of workloads) {
      t.true(
        policies.some((selector) => selects(selector, labels)),
        `${name}: a policy for each`,
      );
      t.is(
        budgets.some((selector) => selects(selector, labels)),
        name === 'replicated',
      );
    }
    const spread = workloads.flatMap(({ labels, template: { spec } }) =>
      [
        ...(spec?.topologySpreadConstraints ?? []),
        ...(spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ].map(({ labelSelector }) => selects(labelSelector?.matchLabels, labels)),
    );
    t.deepEqual(new Set(spread), new Set(name === 'replicated' ? [true] : []));
  }
});

test('a set of pods goes by the service that gives them names', (t) => {
  for (const { manifests } of shapes)
    for (const { spec } of allOf(manifests, 'StatefulSet')) {
      const service = allOf(manifests, 'Service').find(({ metadata }) => metadata.name === spec?.serviceName);
      t.is(service?.spec?.clusterIP, 'None');
      t.true(selects(service?.spec?.selector, spec?.template.metadata?.labels));
    }
});

test('ports that are named are there', (t) => {
  for (const { manifests } of shapes) {
    const workloads = workloadsOf(manifests);
    const chosen = (selector: Readonly<Record<string, string>> | undefined) =>
      portsOf(workloads.find(({ labels }) => selects(selector, labels)) ?? undefined);
    const services = allOf(manifests, 'Service');
    for (const { spec } of services)
      for (const { targetPort = '' } of spec?.ports ?? []) t.true(chosen(spec?.selector).has(targetPort));
    for (const { spec } of allOf(manifests, 'NetworkPolicy')) {
      for (const { port = '' } of spec?.ingress?.flatMap(({ ports = [] }) => ports) ?? [])
        t.true(chosen(spec?.podSelector.matchLabels).has(port), String(port));
      // To pods by number: names of ports on the other side are not looked up by every network.
      for (const { to = [], ports = [] } of spec?.egress ?? [])
        for (const { podSelector } of to)
          if (podSelector !== undefined)
            t.true(
              ports.every(
                ({ port = '' }) => typeof port === 'number' && chosen(podSelector.matchLabels).has(port),
              ),
            );
    }
    const backend = allOf(manifests, 'Ingress')[0]?.spec?.rules?.[0]?.http?.paths[0]?.backend.service;
    const service = services.find(({ metadata }) => metadata.name === backend?.name);
    t.true(service?.spec?.ports?.some(({ name }) => name === backend?.port?.name));
  }
});
