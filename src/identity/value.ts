// One value under one name: is it of the kind the name promises, and does a scan find nothing in it? A value with a finding goes
// whole, because what is left of it would be neither true nor safe.

import type { Json } from '../core/json.ts';
import type { RuleCode } from '../core/reasons.ts';
import type { ParamKind } from '../core/vocabulary.ts';
import type { Finding } from '../detect/finding.ts';
import type { CleanedUrl } from '../detect/url.ts';
import { ruleOf } from './remarks.ts';

/** What the strictest vendor takes of a parameter (GA4). */
export const MAX_TEXT = 100;
export const MAX_READ = 2048;
const MAX_LIST = 20;
/** Beyond this a number is no price, count or duration. */
const MAX_NUMBER = 1e12;

export type Cleaned = { readonly value: Json } | { readonly rule: RuleCode };

/** `free`: a name that only the route knows. */
export type FieldKind = ParamKind | 'free';

/** How the values of one group of fields are looked at: made once for all of them. */
export interface Reader {
  /** What stands in the value of this field. */
  scan(name: string, text: string): readonly Finding[];
  /** Cleans a value that is an address, as the page's own is cleaned. */
  url(text: string): CleanedUrl;
}

/** A value under its name. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly value: Json;
}

const refuse = (rule: RuleCode): Cleaned => ({ rule });

/** A scalar as it may leave, or the rule that it breaks. Lists of scalars pass only under names that the route knows. */
export function cleanValue({ name, kind, value }: Field, reader: Reader): Cleaned {
  if (Array.isArray(value)) return kind === 'free' ? cleanList(name, value, reader) : refuse('default_deny');
  if (typeof value === 'object') return refuse('default_deny'); // null too
  if (typeof value === 'boolean') return { value };
  if (kind === 'number') return cleanNumber(name, typeof value === 'string' ? numeric(value) : value, reader);
  if (typeof value === 'number')
    return kind === 'currency' ? refuse('default_deny') : cleanNumber(name, value, reader);
  if (kind === 'currency')
    return /^[A-Za-z]{3}$/.test(value) ? { value: value.toUpperCase() } : refuse('default_deny');
  return cleanText(name, value, reader);
}

const numeric = (text: string): number =>
  /^\s*-?\d{1,15}(?:\.\d{1,15})?\s*$/.test(text) ? Number(text) : Number.NaN;

/** Numbers of five digits and more may be ids or phones: they are read as text too. */
function cleanNumber(name: string, value: number, reader: Reader): Cleaned {
  if (!Number.isFinite(value) || Math.abs(value) > MAX_NUMBER) return refuse('default_deny');
  const findings = reader.scan(name, String(value));
  const first = findings[0];
  return first === undefined ? { value } : refuse(ruleOf(first.kind));
}

function cleanText(name: string, text: string, reader: Reader): Cleaned {
  if (/^\s*https?:/i.test(text)) {
    const cleaned = reader.url(text);
    return cleaned.value === null ? refuse(cleaned.rules[0] ?? 'default_deny') : { value: cleaned.value };
  }
  // Only the first hundred characters leave; so many more are read that no wrapping around them is cut in two.
  const local = withoutLocalQuery(cut(text, MAX_READ));
  // An address in the middle of a text has a query nobody cleaned.
  if (/:\/\/\S*[?#]/.test(local)) return refuse('url_query');
  const first = reader.scan(name, local)[0];
  if (first !== undefined) return refuse(ruleOf(first.kind));
  return { value: cut(local, MAX_TEXT) };
}

/** `/login?next=…`, `login?next=…`: an address of the site itself, whose query goes. */
function withoutLocalQuery(text: string): string {
  const mark = text.search(/[?#]/);
  if (mark < 0 || /\s/.test(text)) return text;
  return text.startsWith('/') || text.includes('=', mark) ? text.slice(0, mark) : text;
}

function cleanList(name: string, list: readonly Json[], reader: Reader): Cleaned {
  const values: Json[] = [];
  for (const value of list.slice(0, MAX_LIST)) {
    const cleaned = Array.isArray(value)
      ? refuse('default_deny')
      : cleanValue({ name, kind: 'free', value }, reader);
    if ('rule' in cleaned) return cleaned;
    values.push(cleaned.value);
  }
  return { value: values };
}

/** Cuts without leaving half a surrogate pair. */
export const cut = (text: string, max: number): string =>
  text.length <= max
    ? text
    : /[\ud800-\udbff]/.test(text[max - 1] ?? '')
      ? text.slice(0, max - 1)
      : text.slice(0, max);
