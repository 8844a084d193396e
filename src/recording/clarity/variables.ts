// Tags (event 34) and custom events (event 24): names that a site makes up, with what it says under them. A name leaves if the
// route lists it, so that no name is data; values leave scrubbed. Who the visitor is to the site does not leave.

import { IDENTIFIERS, idPath } from '../../core/identifiers.ts';
import { isForeignName } from '../../detect/foreign.ts';
import type { UploadCleaning } from '../cleaning.ts';
import { masked } from '../cleaning.ts';
import type { Pair, Treatment } from './fields.ts';
import { HEAD, pairs } from './fields.ts';

/** Set by `identify`: the site's own ids of person, session and page, raw or as a digest that can be guessed. */
const IDENTIFY = new Set(['userId', 'userHint', 'sessionId', 'pageId']);
/** Of these one form leaves whatever the route lists. */
const BUILT_IN: Readonly<Record<string, RegExp>> = {
  userType: /^(?:email|string)$/,
  C_IS: /^\d{1,2}$/,
};
const MAX_VALUES = 128;
const MAX_CHARS = 254;

/** Is this the cookie of some system, or the parameter that its ids come by? */
const isIdName = (name: string): boolean =>
  isForeignName(name) || IDENTIFIERS.some(({ cookies }) => cookies.some((cookie) => cookie.name.test(name)));

/** The name as the route lists it: what is config holds nothing of the visitor. */
const isListed = (name: string, list: readonly string[]): boolean =>
  list.includes(name) && !IDENTIFY.has(name) && !isIdName(name);

const value = (text: string, cleaning: UploadCleaning): string =>
  cleaning.text(text.length > MAX_CHARS ? masked(text) : text);

function strip(name: string, { remarks }: UploadCleaning): null {
  if (IDENTIFY.has(name)) remarks.add(idPath('site.user_id'), 'link_not_permitted', 'strip');
  else remarks.add('recording.tags', isIdName(name) ? 'foreign_id' : 'default_deny', 'strip');
  return null;
}

const isTexts = (values: unknown): values is readonly string[] =>
  Array.isArray(values) && values.length <= MAX_VALUES && values.every((each) => typeof each === 'string');

const variable: Pair = (name, values, { cleaning }) => {
  if (typeof name !== 'string' || !isTexts(values)) return null;
  const form = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (form !== undefined)
    return values.every((each) => form.test(each)) ? [name, values] : strip(name, cleaning);
  if (!isListed(name, cleaning.rules.tags)) return strip(name, cleaning);
  return [name, values.map((each) => value(each, cleaning))];
};

export const variables = pairs(variable);

/** `[name]` or `[name, value]`. */
export const custom: Treatment = (event, { cleaning }) => {
  const [, , name, text] = event;
  if (typeof name !== 'string' || event.length > HEAD + 2) return null;
  if (!isListed(name, cleaning.rules.events)) {
    cleaning.remarks.add('recording.events', 'default_deny', 'strip');
    return null;
  }
  if (event.length === HEAD + 1) return event;
  return typeof text === 'string' ? event.with(HEAD + 1, value(text, cleaning)) : null;
};
