// Collects what was done to an event on its way to one destination: paths, rules and treatments, each once, never a value.

import type { RuleCode } from '../core/reasons.ts';
import type { Remark, Treatment } from '../core/treatment.ts';

export class Remarks {
  readonly #byKey = new Map<string, Remark>();

  add(path: string, rule: RuleCode, treatment: Treatment): void {
    const key = `${path} ${rule} ${treatment}`;
    if (!this.#byKey.has(key)) this.#byKey.set(key, { path, rule, treatment });
  }

  list(): readonly Remark[] {
    return [...this.#byKey.values()];
  }
}

/** The rule that a kind of finding broke. */
export const ruleOf = (kind: string): RuleCode =>
  kind === 'carried' ? 'carried_value' : kind.includes('.') ? 'foreign_id' : 'personal_data';
