// What can be done to a value, and the remark that is left behind: path, rule and treatment, never the value.

import type { RuleCode } from './reasons.ts';

export const TREATMENTS = ['keep', 'pseudonymise', 'strip', 'replace', 'coarsen'] as const;
export type Treatment = (typeof TREATMENTS)[number];

/** Treatments that the routing file may ask for on an identifier kind. */
export type IdTreatment = 'keep' | 'pseudonymise' | 'strip';

export interface Remark {
  /** Where: `ids.ga.client_id`, `params.note`, `page.url`, `person.email`, … Parameter names only, never values. */
  readonly path: string;
  readonly rule: RuleCode;
  readonly treatment: Treatment;
}
