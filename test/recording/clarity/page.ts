// Pages of tests: events as the library would send them, and what is left of them.

import type { Cleaning } from '../../../src/recording/cleaning.ts';
import { cleanDom } from '../../../src/recording/clarity/dom.ts';
import { readRecords } from '../../../src/recording/clarity/records.ts';
import type { NodeRecord } from '../../../src/recording/page/record.ts';
import { expand, tokenise } from '../../../src/recording/clarity/tokens.ts';
import type { Token } from '../../../src/recording/clarity/tokens.ts';
import { PageVisit } from '../../../src/recording/page/visit.ts';
import { BALANCED } from './scrubbing.ts';

export type Node = readonly Token[];

export const discover = (time: number, ...nodes: readonly Node[]): unknown[] =>
  tokenise(time, 5, nodes.flat());
export const mutation = (time: number, ...nodes: readonly Node[]): unknown[] =>
  tokenise(time, 6, nodes.flat());

/** Document, head and body (5), as every page begins. */
export const FRAME: readonly Node[] = [
  [2, '*D', 'name=html', 'publicId=', 'systemId='],
  [3, 1, 2, 'HTML', 'lang=de'],
  [4, 3, 'HEAD', '*B=https://shop.example/'],
  [5, 3, 4, 'BODY'],
];

export const read = (event: readonly unknown[] | null): readonly NodeRecord[] => {
  const tokens = event === null ? null : expand(event);
  const records = tokens === null ? null : readRecords(tokens);
  if (records === null) throw new Error('no event');
  return records;
};

/** A visit that cleans what it is given and remembers what came out. */
export class Page {
  readonly visit: PageVisit;
  readonly #cleaning: Cleaning;

  constructor(cleaning: Cleaning = BALANCED, visit: PageVisit = PageVisit.begin()) {
    this.#cleaning = cleaning;
    this.visit = visit;
  }

  /** A page with these nodes below its body. */
  static of(...nodes: readonly Node[]): Page {
    const page = new Page();
    page.clean(discover(10, ...FRAME, ...nodes));
    return page;
  }

  clean(event: readonly unknown[]): unknown[] | null {
    return cleanDom(event, this.visit, this.#cleaning);
  }

  /** What is left of the last node of an event, as its text or attributes. */
  left(event: readonly unknown[]): readonly string[] {
    return read(this.clean(event)).at(-1)?.rest ?? [];
  }

  text(event: readonly unknown[]): string | undefined {
    return this.left(event)[0];
  }
}
