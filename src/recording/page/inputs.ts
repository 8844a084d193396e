// What the attributes of an element say about what can be typed into it. Called for every element of a page, so it looks at
// values only where the name begins like one that matters.

import type { NodeRecord } from './record.ts';
import { CLOSED, EDITABLE, FIELD, PROTECTED } from './tags.ts';

/** Their value is a label of the site's. */
const BUTTONS = new Set(['button', 'submit', 'reset']);
/** Nothing can be typed here, but the value may be a person's. */
const NOT_TYPED = new Set(['checkbox', 'radio', 'hidden', 'image']);
const TEXT_ROLES = /\b(?:textbox|searchbox)\b/i;

export interface FieldFacts {
  readonly facts: number;
  /** Keys go there without a click. */
  readonly autofocus: boolean;
}

const PLAIN: FieldFacts = Object.freeze({ facts: 0, autofocus: false });

export function fieldFacts({ tag, rest }: NodeRecord): FieldFacts {
  let type = '';
  let facts = 0;
  let autofocus = false;
  for (const token of rest) {
    if (!mayMatter(token)) continue;
    const equals = token.indexOf('=');
    const name = equals > 15 ? '' : token.slice(0, equals).toLowerCase();
    const value = token.slice(equals + 1);
    if (name === 'type') type = value.trim().toLowerCase();
    else if (name === 'contenteditable')
      facts |= value.trim().toLowerCase() === 'false' ? CLOSED : EDITABLE | FIELD;
    else if (name === 'role' && TEXT_ROLES.test(value)) facts |= EDITABLE | FIELD;
    else if (name === 'autofocus') autofocus = true;
  }
  if (tag.bare === 'INPUT') facts |= inputFacts(type);
  return facts === 0 && !autofocus ? PLAIN : { facts, autofocus };
}

/** Does its name begin like `autofocus`, `contenteditable`, `role` or `type`? */
function mayMatter(token: string): boolean {
  const second = token.charCodeAt(1) | 0x20;
  switch (token.charCodeAt(0) | 0x20) {
    case 0x61:
      return second === 0x75;
    case 0x63:
    case 0x72:
      return second === 0x6f;
    case 0x74:
      return second === 0x79;
    default:
      return false;
  }
}

/** A field keeps what it was before: facts gather, so a button that becomes a text field is one for good. */
function inputFacts(type: string): number {
  if (BUTTONS.has(type)) return 0;
  return NOT_TYPED.has(type) ? PROTECTED : PROTECTED | FIELD;
}
