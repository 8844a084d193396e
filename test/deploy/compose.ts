// deploy/compose.yaml as data, with what its services share filled in.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DEPLOY } from './adapted.ts';

export interface Mount {
  readonly source: string;
  readonly target: string;
}

export interface Service {
  readonly profiles: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  /** `SOURCE:TARGET[:ro]`, or in words. */
  readonly volumes?: readonly (string | Mount)[];
  readonly networks?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly mem_limit?: string;
  readonly memswap_limit?: string;
  readonly stop_signal?: string;
  readonly stop_grace_period?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, null | Readonly<Record<string, unknown>>>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const PROFILES = ['single', 'replicated'] as const;

export const readCompose = (): Compose =>
  parse(readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8'), { merge: true }) as Compose; // our own file

/** Services of a profile, by name. */
export const servicesOf = (compose: Compose, profile: string): Readonly<Record<string, Service>> =>
  Object.fromEntries(
    Object.entries(compose.services).filter(([, { profiles }]) => profiles.includes(profile)),
  );

export const mountsOf = ({ volumes = [] }: Service): readonly Mount[] =>
  volumes.map((volume) => {
    if (typeof volume !== 'string') return volume;
    const [source = '', target = ''] = volume.split(':');
    return { source, target };
  });

/** Gateways, fronts or NATS servers among services: the image tells. */
export const named = (
  services: Readonly<Record<string, Service>>,
  pattern: RegExp,
): readonly (readonly [string, Service])[] => Object.entries(services).filter(([name]) => pattern.test(name));
