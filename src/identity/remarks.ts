// Collects what was done to an event on its way to one destination: paths, rules and treatments, never a value.

import type { RuleCode } from '../core/reasons.ts';
import type { Remark, Treatment } from '../core/treatment.ts';

export class Remarks {
  readonly #list: Remark[] = [];

  push(remark: Remark): void {
    this.#list.push(remark);
  }

  add(path: string, rule: RuleCode, treatment: Treatment): void {
    this.#list.push({ path, rule, treatment });
  }

  /** For paths that stand for many values (`params.*`, a field of every item): told once. */
  once(path: string, rule: RuleCode, treatment: Treatment): void {
    const told = this.#list.some(
      (each) => each.path === path && each.rule === rule && each.treatment === treatment,
    );
    if (!told) this.add(path, rule, treatment);
  }

  addAll(remarks: readonly Remark[]): void {
    for (const remark of remarks) this.#list.push(remark);
  }

  list(): readonly Remark[] {
    return this.#list;
  }
}

/** The rule that a kind of finding broke. */
export const ruleOf = (kind: string): RuleCode =>
  kind === 'carried' ? 'carried_value' : kind.includes('.') ? 'foreign_id' : 'personal_data';
