// What is remembered of one page visit: a tree of its nodes with facts about them, when somebody could first type, and which words
// its classes used until then. No text. What may leave is decided by it alone: a node that it does not know, or that hangs on one
// it does not know, counts as typed into.
//
// A text that somebody types is echoed by pages into other nodes, key by key or at once. The guarantee: from the moment a field is
// used (clicked, typed into, focused by its attribute), and at the latest a second after the first field of the page was there, no
// text that arrives in a mutation leaves; before that, only texts that are the first in their node, and in that second only those of
// an element that came with them. So no sign of the typing is needed, which comes later than the echo: an Input event is sent 750 ms
// after the last key, often in the next upload. Attributes: see attributes.ts.
//
// What it does not cover: a text that stood in the page when the visit began (the library begins a new visit at each change of route:
// whoever holds the visits begins one that follows typing as unseen); what is typed within that second into a field focused by script, and
// echoed into a new element; on a page without any field, the first text that an element shows.

import type { VisitMemory } from '../../core/recording.ts';
import { Effort } from './effort.ts';
import { fieldFacts } from './inputs.ts';
import { Nodes } from './nodes.ts';
import type { NodeRecord } from './record.ts';
import { SeenWords } from './seenWords.ts';
import * as tags from './tags.ts';

/** Time for a page to go on loading behind its first field. Nobody types a third key by then. */
const LOADING_MS = 1000;
const NEVER = 2 ** 31 - 1;
/** Deeper than browsers nest; also ends circles. */
const MAX_DEPTH = 1024;
const OWN_BYTES = 600;

/** An event as the rules see it. */
export interface Moment {
  readonly at: number;
  /** The page as it stood when the visit began. */
  readonly opening: boolean;
  /** What is new now may be an echo of something typed. */
  readonly typing: boolean;
}

export class PageVisit implements VisitMemory {
  readonly words = new SeenWords();
  /** Of the upload at hand. */
  readonly effort = new Effort();
  readonly #nodes = new Nodes();
  readonly #whole: boolean;
  #discovered = NEVER;
  #firstField = NEVER;
  #used = NEVER;

  private constructor(whole: boolean) {
    this.#whole = whole;
  }

  /** A visit from its first upload on. */
  static begin(): PageVisit {
    return new PageVisit(true);
  }

  /** A visit of which uploads are missing: all of it is masked to its end. */
  static unseen(): PageVisit {
    return new PageVisit(false);
  }

  get bytes(): number {
    return OWN_BYTES + this.#nodes.bytes + this.words.bytes;
  }

  /** Could somebody be typing, as far as is known now? From the first field on: there is no event of its own to wait for. */
  get mayBeTyping(): boolean {
    return this.typed || this.#firstField < NEVER;
  }

  get typed(): boolean {
    return !this.#whole || this.#used < NEVER;
  }

  /** Would a text or value at this node be typed, editable or an echo, or is the node unknown? Then it is masked. */
  isEditable(nodeId: number): boolean {
    return !this.#whole || (this.#nodes.facts(nodeId) & tags.HOLDS) !== 0 || this.#isProtected(nodeId, NEVER);
  }

  /** An Input, Change, Click or the like told that this node is used. */
  touched(nodeId: number, at: number): void {
    const time = Number.isFinite(at) ? at : 0;
    const facts = this.#nodes.facts(nodeId);
    if ((facts & (tags.FIELD | tags.CUSTOM)) !== 0 || this.#isProtected(nodeId, NEVER))
      this.#used = Math.min(this.#used, time);
  }

  /**
   * Takes in all nodes of an event, before any of them is judged: a child may come before its parent. `whole`: the event tells of the
   * page as it stands, and not of what changed.
   */
  note(records: readonly NodeRecord[], { at, whole }: { at: number; whole: boolean }): Moment {
    if (whole) this.#discovered = Math.min(this.#discovered, at);
    for (const record of records) this.#noteNode(record, at);
    for (const { id, parent, tag } of records) {
      const facts = this.#nodes.facts(id);
      // The value of an INPUT is no part of the text of what is around it.
      const inText =
        tag.bare === 'INPUT' ? tags.HOLDS | tags.EDITABLE : tags.HOLDS | tags.EDITABLE | tags.PROTECTED;
      if (parent !== 0 && (facts & inText) !== 0) this.hold(parent);
    }
    const used = !this.#whole || this.#used <= at;
    const opening = !used && whole && at <= this.#discovered;
    return { at, opening, typing: !opening && (used || at >= this.#firstField + LOADING_MS) };
  }

  /** May the words of this text node leave, once scrubbed? */
  maySpeak({ id, parent }: NodeRecord, { at, opening, typing }: Moment): boolean {
    if (!this.#whole || typing || this.#isProtected(parent, at)) return false;
    if (opening) return true;
    if (this.#nodes.since(id) < at || this.#nodes.textSince(parent) < at) return false;
    return this.#firstField >= at || this.#nodes.since(parent) >= at;
  }

  /** Is it here for the first time, and not a node that was sent again? */
  isNew(nodeId: number, { at }: Moment): boolean {
    return this.#nodes.facts(nodeId) !== 0 && this.#nodes.since(nodeId) >= at;
  }

  /** May the value of this INPUT leave? Only of one that was a button all its life. */
  isButton(nodeId: number): boolean {
    const facts = this.#nodes.facts(nodeId);
    return this.#whole && facts !== 0 && (facts & tags.PROTECTED) === 0;
  }

  /** Is text in this node CSS, and nothing that is edited? */
  isStyle(nodeId: number, { at }: Moment): boolean {
    return (this.#nodes.facts(nodeId) & tags.STYLE) !== 0 && !this.#isProtected(nodeId, at);
  }

  /** Marks a node and all above it as holding what is masked. */
  hold(nodeId: number): void {
    let id = nodeId;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const facts = this.#nodes.facts(id);
      if (facts === 0 || (facts & tags.HOLDS) !== 0) return;
      this.#nodes.addFacts(id, tags.HOLDS);
      id = this.#nodes.parent(id);
    }
  }

  /** An image may change its address twice while somebody could be typing: two keys. */
  mayChangeAddress(nodeId: number): boolean {
    const facts = this.#nodes.facts(nodeId);
    const changes = facts & tags.CHANGES;
    if (facts === 0 || changes >= 2 * tags.CHANGE) return false;
    this.#nodes.replaceFacts(nodeId, { mask: tags.CHANGES, facts: changes + tags.CHANGE });
    return true;
  }

  #noteNode(record: NodeRecord, at: number): void {
    const { id, parent, tag, rest } = record;
    // A node that is taken away comes without its attributes; what is known of it still holds.
    if (parent === 0 && rest.length === 0 && tag.name !== 'HTML') return;
    if (tag.name === '*T') {
      this.#nodes.note(id, { parent, facts: tags.KNOWN, at });
      if (rest.some((text) => text.trim() !== '')) this.#nodes.noteText(parent, at);
      return;
    }
    const { facts, autofocus } = fieldFacts(record);
    const all = tags.KNOWN | facts | tag.facts;
    this.#nodes.note(id, { parent, facts: all, at });
    if ((all & tags.FIELD) === 0) return;
    this.#firstField = Math.min(this.#firstField, at);
    if (autofocus) this.#used = Math.min(this.#used, at + 1);
  }

  /** From the node up: is anything typed, editable or unknown, or too far to tell? */
  #isProtected(nodeId: number, at: number): boolean {
    let closed = false;
    let id = nodeId;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const facts = this.#nodes.facts(id);
      if (!this.effort.climbs() || facts === 0 || (facts & tags.PROTECTED) !== 0) return true;
      if ((facts & tags.EDITABLE) !== 0 && !closed) return true;
      if ((facts & tags.CLOSED) !== 0) closed = true;
      // A frame's document may be in design mode, which no attribute tells.
      if ((facts & tags.FRAME) !== 0 && at >= this.#nodes.since(id) + LOADING_MS) return true;
      const parent = this.#nodes.parent(id);
      if ((facts & tags.ROOT) !== 0 && this.#nodes.facts(parent) === 0) return false;
      id = parent;
    }
    return true;
  }
}
