// Nodes as rrweb writes them, objects within objects: read whole and taken into the tree before any of them is judged, then written
// again. A node of no known kind does not leave, and whatever hangs on it later is unknown and masked.

import type { JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import type { NodeRecord } from '../page/record.ts';
import type { Tag } from '../page/tags.ts';
import { tagOf } from '../page/tags.ts';
import { isId } from './fields.ts';
import type { Kind, RrwebVisit } from './visit.ts';

/** A node that was read. */
export interface ReadNode {
  readonly id: number;
  readonly given: JsonObject;
  readonly kind: 'document' | 'doctype' | 'element' | 'text' | 'blank';
  /** As the tree has it; null: the top of a page, above which there is nothing, and what has neither text nor children. */
  readonly record: NodeRecord | null;
  /** Of elements: how it is called, if that may leave. */
  readonly tagName: string;
  readonly children: readonly ReadNode[];
}

/** Deeper than browsers nest, and than the tree asks for parents. */
const MAX_DEPTH = 1024;
const TYPES: readonly (ReadNode['kind'] | null)[] = [
  'document',
  'doctype',
  'element',
  'text',
  'blank', // CDATA
  'blank', // comments
];
const SANE = /^(?:[a-z]{1,10}:)?[A-Za-z][A-Za-z0-9._-]{0,59}$/;
/** A custom element without a class is an inline box, as an unknown element is. */
const UNNAMED = 'x-element';

const TEXT = tagOf('*T');
const DOCTYPE = tagOf('*D');
const DOCUMENT = tagOf('#document');
/** Where a click on it leads is no part of how the page looks. */
const LEADING = new Set(['A', 'AREA', 'FORM', 'BUTTON', 'BASE']);

export const tagOfKind = (kind: Kind): Tag => tagOf(TAGS[kind]);
const TAGS: Readonly<Record<Kind, string>> = {
  // Of what is not known, a value and where it leads do not leave.
  unknown: 'INPUT',
  other: 'DIV',
  input: 'INPUT',
  textarea: 'TEXTAREA',
  link: 'A',
  style: 'STYLE',
  sheet: 'LINK',
  document: 'DIV',
  frame: 'DIV',
};

function kindOf({ bare }: Tag): Kind {
  if (bare === 'INPUT') return 'input';
  if (bare === 'TEXTAREA') return 'textarea';
  if (bare === 'STYLE') return 'style';
  if (bare === 'LINK') return 'sheet';
  return LEADING.has(bare) ? 'link' : 'other';
}

interface Place {
  /** 0: it is the page itself. */
  readonly parent: number;
  readonly depth: number;
  readonly memory: RrwebVisit;
}

/** Null: it cannot be read, or it is too deep. Tells `memory` what kind of node each is. */
export function readNode(given: unknown, place: Place): ReadNode | null {
  if (place.depth > MAX_DEPTH || !isObject(given) || !isId(given['id'])) return null;
  const { id, type } = given;
  const kind = typeof type === 'number' ? (TYPES[type] ?? null) : null;
  if (kind === null) return null;
  const tag = tagOfNode(given, kind, place);
  if (tag === null) return null;
  const top = kind === 'document' && place.parent === 0;
  const isDocument: Kind = top ? 'document' : 'frame';
  place.memory.kinds.set(id, kind === 'document' ? isDocument : kindOf(tag));
  return {
    id,
    given,
    kind,
    tagName: nameOf(given),
    record:
      top || kind === 'blank'
        ? null
        : { id, masked: false, parent: place.parent, previous: 0, tag, rest: restOf(given, kind), first: 0 },
    children: childrenOf(given, { ...place, parent: id, depth: place.depth + 1 }),
  };
}

const nameOf = ({ tagName }: JsonObject): string =>
  typeof tagName === 'string' && SANE.test(tagName) ? tagName : UNNAMED;

/** The tag that the tree's rules go by; null: there is none. */
function tagOfNode(given: JsonObject, kind: ReadNode['kind'], { parent, memory }: Place): Tag | null {
  if (kind === 'text' || kind === 'blank') return TEXT;
  if (kind === 'doctype') return DOCTYPE;
  if (kind === 'document') return DOCUMENT;
  if (typeof given['tagName'] !== 'string') return null;
  const name = nameOf(given);
  const local = name.slice(name.indexOf(':') + 1).toUpperCase();
  // Only the document of the page itself has nothing above it.
  if (local === 'HTML') return tagOf(memory.kinds.get(parent) === 'document' ? 'HTML' : 'iframe:HTML');
  return tagOf(local);
}

/** `name=value`, as the tree's rules read attributes; or the text. */
function restOf(given: JsonObject, kind: ReadNode['kind']): readonly string[] {
  if (kind === 'text') return [textOf(given)];
  return kind === 'element' ? tokensOf(given['attributes']) : [];
}

export const textOf = ({ textContent }: JsonObject): string =>
  typeof textContent === 'string' ? textContent : '';

export const tokensOf = (attributes: unknown): readonly string[] =>
  isObject(attributes)
    ? Object.entries(attributes).map(([name, value]) => `${name}=${typeof value === 'string' ? value : ''}`)
    : [];

function childrenOf({ childNodes }: JsonObject, place: Place): readonly ReadNode[] {
  if (!Array.isArray(childNodes)) return [];
  return childNodes.map((child) => readNode(child, place)).filter((child) => child !== null);
}

/** All that the tree has to know of a node and what is below it. */
export function recordsOf(node: ReadNode, into: NodeRecord[] = []): NodeRecord[] {
  if (node.record !== null) into.push(node.record);
  for (const child of node.children) recordsOf(child, into);
  return into;
}
