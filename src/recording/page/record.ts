// A node as events tell it, whichever recorder wrote them.

import type { Tag } from './tags.ts';

export interface NodeRecord {
  readonly id: number;
  /** The library masked the text: the id stood there with a minus. */
  readonly masked: boolean;
  /** 0: none, as of a document type or of a node that was taken away. */
  readonly parent: number;
  readonly previous: number;
  readonly tag: Tag;
  readonly rest: readonly string[];
  /** Where the first of these stands in the stream. */
  readonly first: number;
}
