// The Grafana dashboard as far as tests look at it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEPLOY } from './rules.ts';

export interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly uid: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] };
    };
  };
  readonly targets?: readonly Target[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  /** `label_values(SELECTOR, LABEL)` of a query. */
  readonly definition?: string;
}

export interface Dashboard {
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly expr: string; readonly titleFormat: string }[] };
}

export const readDashboard = (): Dashboard =>
  JSON.parse(readFileSync(join(DEPLOY, 'grafana/sluis.json'), 'utf8')) as Dashboard; // as Grafana exports it

/** What Grafana itself puts into expressions before they reach Prometheus. */
export const asAsked = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '4m').replaceAll(/\$(?:instance|destination|site)\b/g, '.*');

/** Everything the dashboard asks, with what it says about the answers. */
export const asked = ({
  panels,
  annotations,
}: Dashboard): readonly { readonly expr: string; readonly legend: string }[] => [
  ...panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr, legendFormat: legend }) => ({ expr, legend })),
  ),
  ...annotations.list.map(({ expr, titleFormat: legend }) => ({ expr, legend })),
];
