// The forms in which one value that an event carries could be written elsewhere in it: lower case, folded, in parts, with other
// signs between its words.

export interface Needle {
  /** Lower case. */
  readonly value: string;
  /** `<system>.<kind>`, `person.<field>` or `message_id`: whose value it is. */
  readonly source: string;
  /** Found only where nothing adjoins that would make it another value: see `standsAlone`. */
  readonly whole: boolean;
}

/** Shorter values are looked for as whole words only. */
export const MIN_SUBSTRING = 6;

const BEYOND_ASCII = /[^\u0000-\u007f]/; // oxlint-disable-line no-control-regex -- the whole of ASCII

export const NUMERIC = /^\d+$/;

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const DIGIT = /\p{N}/u;
/** Numbers as long as this are no part of a word by chance: `c1837402915` is one with a letter put before it. */
const LONG_NUMBER = 8;

/** Does a whole value stand at this place of a text by itself? No letter or digit adjoins, nor a digit a long number. */
export function standsAlone(value: string, text: string, at: number): boolean {
  const adjoining = value.length >= LONG_NUMBER && NUMERIC.test(value) ? DIGIT : LETTER_OR_DIGIT;
  return !adjoining.test(text[at - 1] ?? '') && !adjoining.test(text[at + value.length] ?? '');
}

/** The forms of one value, each once. */
class Forms {
  readonly list: Needle[] = [];
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  add(value: string): void {
    if (this.list.some((needle) => needle.value === value)) return;
    this.list.push({
      value,
      source: this.#source,
      whole: value.length < MIN_SUBSTRING || NUMERIC.test(value),
    });
  }

  addValue(plain: string): void {
    this.add(plain);
    if (BEYOND_ASCII.test(plain)) this.add(plain.normalize('NFKC'));
  }

  /** `1837402915.1763900001`, `fb.1.…`, `GA1.1.…`: a long part alone still singles out. */
  addParts(plain: string): void {
    if (!plain.includes('.') && !plain.includes('|')) return;
    for (const part of plain.split(/[.|]/, 12)) if (part.length >= 8) this.add(part);
  }

  /** `jan.jansen` names its owner without the domain; `info` does not. */
  addLocalPart(email: string): void {
    const local = email.split('@', 1)[0] ?? '';
    if (local.length >= MIN_SUBSTRING && /[._\d-]/.test(local)) this.add(local);
  }

  /** Names and streets are written with other signs in addresses. */
  addSpellings(plain: string): void {
    if (!/\s/.test(plain)) return;
    const words = plain.split(/\s+/);
    for (const sign of ['-', '+', '_', '.', '']) this.add(words.join(sign));
  }
}

/** All forms of one value, each once; `source` says whose it is. */
export function formsOf(value: string, source: string): readonly Needle[] {
  const plain = value.trim().toLowerCase();
  if (plain === '') return NO_FORMS;
  const forms = new Forms(source);
  if (source === 'person.email') forms.addLocalPart(plain);
  forms.addValue(plain);
  if (!source.startsWith('person.')) forms.addParts(plain);
  else if (!UNSPELLED.has(source)) forms.addSpellings(plain);
  return forms.list;
}

const NO_FORMS: readonly Needle[] = Object.freeze([]);
/** Person fields of which there is one spelling. */
const UNSPELLED: ReadonlySet<string> = new Set(['person.phone', 'person.ip', 'person.user_agent']);
