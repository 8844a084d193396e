// CSS of a recorded page as rrweb tells it: whole sheets, single rules, and declarations by property and value.

import type { Cleaning } from '../cleaning.ts';
import { cleanAddress } from '../page/addresses.ts';
import { cleanCss, cleanDeclarations } from '../page/css.ts';
import { UNFIT } from '../page/measures.ts';
import type { Moment } from '../page/visit.ts';
import type { Field } from './fields.ts';

export const css = (text: string, { cleaning, moment }: { cleaning: Cleaning; moment: Moment }): string =>
  cleanCss(text, cleaning, moment);

export const sheet: Field = (value, here) => (typeof value === 'string' ? css(value, here) : UNFIT);

const PROPERTY = /^-{0,2}[A-Za-z][\w-]{0,63}$/;

/** The value of one declaration as it may leave; null: nothing of it. `clean` treats declarations as the place demands. */
export function declared(
  property: string,
  value: string,
  clean: (declaration: string) => string,
): string | null {
  if (!PROPERTY.test(property)) return null;
  const head = `${property}: `;
  const cleaned = clean(head + value);
  // More than one declaration is more than was announced.
  if (!cleaned.startsWith(head) || cleaned.includes(';')) return null;
  return cleaned.slice(head.length);
}

/** Names that pages make up themselves stay away: they could hold anything. */
export const property: Field = (value) =>
  typeof value === 'string' && PROPERTY.test(value) && !value.startsWith('--') ? value : UNFIT;

/** Property and value of a rule that a script changes. */
export const change: Field = (value, here) => {
  if (typeof value !== 'object' || value === null) return UNFIT;
  const name: unknown = Reflect.get(value, 'property');
  const given: unknown = Reflect.get(value, 'value');
  if (property(name, here) === UNFIT || typeof name !== 'string') return UNFIT;
  if (typeof given !== 'string') return UNFIT;
  const { cleaning } = here;
  const address = (one: string): string => cleanAddress(one, cleaning);
  const clean = declared(name, given, (text) =>
    cleanDeclarations(text, { cleaning, address, mayName: () => false }),
  );
  if (clean === null) return UNFIT;
  const important = Reflect.get(value, 'priority') === 'important';
  return { property: name, value: clean, ...(important ? { priority: 'important' } : {}) };
};
