// What was done to one upload: paths, rules and treatments, each once and never with a value.

import type { RuleCode } from '../core/reasons.ts';
import type { Remark, Treatment } from '../core/treatment.ts';

export class Remarks {
  readonly #told: Remark[] = [];

  /** Called for every address; there are some twenty at most, so looking through them costs less than making a key. */
  add(path: string, rule: RuleCode, treatment: Treatment): void {
    for (const told of this.#told)
      if (told.rule === rule && told.treatment === treatment && told.path === path) return;
    this.#told.push({ path, rule, treatment });
  }

  list(): readonly Remark[] {
    return [...this.#told];
  }
}

/** The rule that a kind of finding broke. */
export const ruleOf = (kind: string): RuleCode =>
  kind === 'carried' ? 'carried_value' : kind.includes('.') ? 'foreign_id' : 'personal_data';
