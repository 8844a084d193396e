// What is remembered of one page visit of an rrweb recording: the tree that all recorders share, what kind of element each id is
// since later events tell only the id, and how far time has come. Whatever is out of order counts as typed into from then on.

import type { VisitMemory } from '../../core/recording.ts';
import { PageVisit } from '../page/visit.ts';

/** What has to be known of a node that an event names by its id alone. */
export type Kind =
  'unknown' | 'other' | 'input' | 'textarea' | 'link' | 'style' | 'sheet' | 'document' | 'frame';

const KINDS: readonly Kind[] = [
  'unknown',
  'other',
  'input',
  'textarea',
  'link',
  'style',
  'sheet',
  'document',
  'frame',
];
const FIRST_IDS = 1024;
/** As many nodes as the tree holds. */
const MAX_IDS = 2 ** 17;
const OWN_BYTES = 300;
/** Times of the tree are numbers of 31 bits: 24 days. */
const MAX_AT = 2 ** 31 - 2;
/** No node has this id, so the tree knows nothing of it: to use it means that anything may be typed from now on. */
const NO_NODE = 0;

class Kinds {
  #kinds = new Uint8Array(FIRST_IDS);

  get bytes(): number {
    return this.#kinds.byteLength;
  }

  get(id: number): Kind {
    return KINDS[this.#kinds[id] ?? 0] ?? 'unknown';
  }

  /** Once a field, always a field. */
  set(id: number, kind: Kind): void {
    if (id >= MAX_IDS || this.get(id) === 'input' || this.get(id) === 'textarea') return;
    while (id >= this.#kinds.length) {
      const larger = new Uint8Array(this.#kinds.length * 2);
      larger.set(this.#kinds);
      this.#kinds = larger;
    }
    this.#kinds[id] = KINDS.indexOf(kind);
  }
}

export class RrwebVisit implements VisitMemory {
  readonly tree: PageVisit;
  readonly kinds = new Kinds();
  #sequence = 0;
  /** Timestamp of the first event. */
  #start: number | null = null;
  /** How far time has come, and how far it had come when the latest upload began. */
  #now = 0;
  #before = 0;

  private constructor(tree: PageVisit) {
    this.tree = tree;
  }

  static begin(): RrwebVisit {
    return new RrwebVisit(PageVisit.begin());
  }

  static unseen(): RrwebVisit {
    return new RrwebVisit(PageVisit.unseen());
  }

  get bytes(): number {
    return OWN_BYTES + this.tree.bytes + this.kinds.bytes;
  }

  get typed(): boolean {
    return this.tree.typed;
  }

  /** An upload begins. The same once more is cleaned as it was; between others one is missing, and with it what it told of fields. */
  begins(sequence: number): void {
    if (sequence === this.#sequence) {
      this.#now = this.#before;
      return;
    }
    if (sequence !== this.#sequence + 1) this.#lost();
    this.#sequence = Math.max(sequence, this.#sequence);
    this.#before = this.#now;
  }

  /** The time of an event, in ms since the first. The browser's clock may be set back, which would make what is new look old. */
  at(timestamp: number): number {
    this.#start ??= timestamp;
    const at = Math.floor(timestamp - this.#start);
    if (at >= this.#now && at <= MAX_AT) this.#now = at;
    else this.#lost();
    return this.#now;
  }

  /** Nobody can tell any more when a field was used first. */
  #lost(): void {
    this.tree.touched(NO_NODE, this.#now);
  }
}
