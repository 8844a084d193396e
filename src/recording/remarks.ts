// What was done to one upload: paths, rules and treatments, each once and never with a value.

import type { RuleCode } from '../core/reasons.ts';
import type { Remark, Treatment } from '../core/treatment.ts';

export class Remarks {
  readonly #told = new Map<string, Remark>();

  add(path: string, rule: RuleCode, treatment: Treatment): void {
    const key = `${path} ${rule} ${treatment}`;
    if (!this.#told.has(key)) this.#told.set(key, { path, rule, treatment });
  }

  list(): readonly Remark[] {
    return [...this.#told.values()];
  }
}

/** The rule that a kind of finding broke. */
export const ruleOf = (kind: string): RuleCode =>
  kind === 'carried' ? 'carried_value' : kind.includes('.') ? 'foreign_id' : 'personal_data';
