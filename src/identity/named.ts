// An identifier with all that every destination asks about it, worked out once.

import type { Identifier } from '../core/event.ts';
import type { PseudonymFormat } from '../core/identifiers/kind.ts';
import { idPath, identifierName } from '../core/identifiers.ts';
import type { Finding } from '../detect/finding.ts';
import { scanAnew } from '../detect/scan.ts';
import type { Keyring } from './pseudonym.ts';

/** What stands in one value, whatever else the event carries: looked at when it is first asked for. */
export class Looked {
  readonly value: string;
  #findings: readonly Finding[] | null = null;

  constructor(value: string) {
    this.value = value;
  }

  get findings(): readonly Finding[] {
    return (this.#findings ??= scanAnew(this.value, null));
  }
}

interface Pseudonym {
  readonly keyring: Keyring;
  readonly destination: string;
  readonly format: PseudonymFormat;
  readonly text: string;
}

export class NamedId extends Looked {
  readonly id: Identifier;
  /** `<system>.<kind>` */
  readonly name: string;
  /** As remarks tell it: `ids.<system>.<kind>`. */
  readonly path: string;
  /** Which period its pseudonyms belong to. */
  readonly period: string;
  /** Of a destination and of those that it is linked to: a handful. */
  readonly #pseudonyms: Pseudonym[] = [];

  constructor(id: Identifier, period: string) {
    super(id.value);
    this.id = id;
    this.name = identifierName(id);
    this.path = idPath(this.name);
    this.period = period;
  }

  /** As this destination receives it; a link receives the same. */
  pseudonym(destination: string, format: PseudonymFormat, keyring: Keyring): string {
    for (const made of this.#pseudonyms)
      if (made.destination === destination && made.format === format && made.keyring === keyring)
        return made.text;
    const { name, value, period } = this;
    const text = keyring.pseudonym({ destination, name, value, format, period });
    this.#pseudonyms.push({ keyring, destination, format, text });
    return text;
  }
}
