// deploy/kubernetes as data: what `kubectl apply --kustomize` would send of one of its folders, as far as kustomize's features are
// used there; one that is not known here is an error, so that nothing is left out unseen.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.d.ts';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.d.ts';
import type { ConfigMap, Container, PodTemplateSpec, Service } from 'kubernetes-types/core/v1.d.ts';
import type { Ingress, NetworkPolicy } from 'kubernetes-types/networking/v1.d.ts';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts';
import { parse, parseAllDocuments } from 'yaml';
import { DEPLOY } from './adapted.ts';

export const KUBERNETES = join(DEPLOY, 'kubernetes');
export const SHAPES = ['single', 'replicated'] as const;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface Kustomization {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly generatorOptions?: { readonly disableNameSuffixHash: boolean };
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
}

const KNOWN: ReadonlySet<string> = new Set(
  'apiVersion kind namespace resources configMapGenerator generatorOptions images'.split(' '),
);

export function kustomization(folder: string): Kustomization {
  const read = parse(readFileSync(join(KUBERNETES, folder, 'kustomization.yaml'), 'utf8')) as Kustomization; // our own file
  const strange = Object.keys(read).filter((name) => !KNOWN.has(name));
  if (strange.length > 0) throw new Error(`${folder}: not read here: ${strange.join()}`);
  return read;
}

function documentsOf(file: string): readonly Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS() as Manifest; // the compiler checks its form in a test
  });
}

/** Everything that a folder brings in, bases first. */
export function manifestsOf(folder: string): readonly Manifest[] {
  const { namespace, resources, configMapGenerator = [] } = kustomization(folder);
  const found = resources.flatMap((name) => {
    const path = join(KUBERNETES, folder, name);
    return statSync(path).isDirectory() ? manifestsOf(join(folder, name)) : documentsOf(path);
  });
  const made = configMapGenerator.map(({ name, files }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: Object.fromEntries(
      files.map((file) => [file, readFileSync(join(KUBERNETES, folder, file), 'utf8')]),
    ),
  }));
  return [...found, ...made];
}

interface Kinds {
  readonly ConfigMap: ConfigMap;
  readonly Deployment: Deployment;
  readonly HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  readonly Ingress: Ingress;
  readonly NetworkPolicy: NetworkPolicy;
  readonly PodDisruptionBudget: PodDisruptionBudget;
  readonly Service: Service;
  readonly StatefulSet: StatefulSet;
}

/** All of one kind. */
export const allOf = <K extends keyof Kinds>(
  manifests: readonly Manifest[],
  kind: K,
): readonly (Manifest & Kinds[K])[] =>
  manifests.filter((each): each is Manifest & Kinds[K] => each.kind === kind);

/** What runs pods, and the pods it runs. */
export interface Workload {
  readonly name: string;
  readonly manifest: Manifest & (Deployment | StatefulSet);
  readonly template: PodTemplateSpec;
  readonly container: Container;
  readonly labels: Readonly<Record<string, string>>;
  /** Sizes of volumes that outlive a pod, by name. */
  readonly claims: Readonly<Record<string, string>>;
}

export function workloadsOf(manifests: readonly Manifest[]): readonly Workload[] {
  const sets = allOf(manifests, 'StatefulSet');
  return [...allOf(manifests, 'Deployment'), ...sets].map((manifest) => {
    const template = manifest.spec?.template;
    const [container, ...others] = template?.spec?.containers ?? [];
    if (template === undefined || container === undefined || others.length > 0)
      throw new Error(`${manifest.metadata.name}: expected one container`);
    const claims = sets.find((set) => set === manifest)?.spec?.volumeClaimTemplates ?? [];
    return {
      name: manifest.metadata.name,
      manifest,
      template,
      container,
      labels: template.metadata?.labels ?? {},
      claims: Object.fromEntries(
        claims.map(({ metadata, spec }) => [
          metadata?.name ?? '',
          spec?.resources?.requests?.['storage'] ?? '',
        ]),
      ),
    };
  });
}

export const gatewaysOf = (manifests: readonly Manifest[]): readonly Workload[] =>
  workloadsOf(manifests).filter(({ container }) => container.name === 'gateway');

/** Ports of a container, by name and by number. */
export const portsOf = (workload: Workload | undefined): ReadonlyMap<string | number, number> =>
  new Map(
    workload?.container.ports?.flatMap(({ name = '', containerPort }): [string | number, number][] => [
      [name, containerPort],
      [containerPort, containerPort],
    ]),
  );

/** Does a selector choose what carries these labels? One without a label would choose everything. */
export function selects(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([name, value]) => labels?.[name] === value);
}

/** Secrets that the first lines of a kustomization say to create, each with the files that become its keys. */
export function secretsTold(folder: string): Readonly<Record<string, readonly string[]>> {
  const text = readFileSync(join(KUBERNETES, folder, 'kustomization.yaml'), 'utf8');
  const commands = [...text.matchAll(/^#\s+kubectl create secret generic (\S+) --namespace (\S+) (.*)$/gm)];
  return Object.fromEntries(
    commands.map(([, name = '', , rest = '']) => [
      name,
      [...rest.matchAll(/--from-file=(\S+)/g)].map(([, file = '']) => file),
    ]),
  );
}

/** `2Gi` in bytes. */
export function bytesOf(quantity: string | number | undefined): number {
  const [, count, unit = ''] = /^(\d+)(Ki|Mi|Gi)?$/.exec(String(quantity)) ?? [];
  if (count === undefined) throw new Error(`no size: ${quantity}`);
  return Number(count) * 1024 ** ['', 'Ki', 'Mi', 'Gi'].indexOf(unit);
}
