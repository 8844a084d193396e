// Nodes of a recorded page written as they may leave, in the recorder's own form: every node with its id and place, texts and attributes
// as the tree allows at that moment.

import type { Json, JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import type { Setting } from '../page/attributes.ts';
import { placeOf } from '../page/attributes.ts';
import type { NodeRecord } from '../page/record.ts';
import { cleanTag } from '../page/tags.ts';
import { cleanAttributes } from './attributes.ts';
import { css } from './css.ts';
import type { Here } from './fields.ts';
import { isId } from './fields.ts';
import type { ReadNode } from './nodes.ts';
import { textOf } from './nodes.ts';

/** White space stays, because layout hangs on it, and what is masked already is what it was. */
export const masked = (text: string): string =>
  text.replaceAll(/[^\s\u2022\u25aa\u25ab]+/g, (run) => '*'.repeat(run.length));

const FLAGS = ['isSVG', 'isCustom', 'isShadowHost', 'isShadow', 'needBlock'];

function flagsOf(given: JsonObject): JsonObject {
  const flags: Record<string, Json> = {};
  for (const name of FLAGS) if (given[name] === true) flags[name] = true;
  return flags;
}

const rootOf = ({ rootId }: JsonObject): JsonObject => (isId(rootId) ? { rootId } : {});

export function writeNode(node: ReadNode, here: Here, setting: Setting): JsonObject {
  const { id, given } = node;
  const shared = { ...rootOf(given), ...flagsOf(given), id };
  const childNodes = (): readonly JsonObject[] =>
    node.children.map((child) => writeNode(child, here, setting));
  switch (node.kind) {
    case 'document': {
      const quirks = given['compatMode'] === 'BackCompat' ? { compatMode: 'BackCompat' } : {};
      return { type: 0, childNodes: childNodes(), ...quirks, ...shared };
    }
    case 'doctype':
      return { type: 1, ...doctype(node, setting), ...shared };
    case 'element':
      return { type: 2, ...element(node, here, setting), childNodes: childNodes(), ...shared };
    case 'text':
      return { type: 3, textContent: textIn(node.record, textOf(given), here), ...shared };
    case 'blank':
      return { type: given['type'] === 4 ? 4 : 5, textContent: '', ...shared };
    default:
      return node.kind satisfies never;
  }
}

function doctype({ given, record }: ReadNode, setting: Setting): JsonObject {
  const { name, publicId, systemId } = given;
  const given3 = Object.fromEntries(
    Object.entries({ name, publicId, systemId }).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : '',
    ]),
  );
  return { name: '', publicId: '', systemId: '', ...attributesOf(given3, record, setting) };
}

function element({ given, record, tagName }: ReadNode, { cleaning }: Here, setting: Setting): JsonObject {
  const stands = record !== null && cleanTag(record.tag, cleaning) === record.tag.name;
  const name = stands && (record.tag.plain || cleaning.word(tagName) === tagName) ? tagName : 'x-element';
  const { attributes } = given;
  return { tagName: name, attributes: attributesOf(isObject(attributes) ? attributes : {}, record, setting) };
}

const attributesOf = (attributes: JsonObject, record: NodeRecord | null, setting: Setting): JsonObject =>
  record === null ? {} : cleanAttributes(attributes, placeOf(record, setting));

function textIn(record: NodeRecord | null, text: string, here: Here): string {
  const { visit, moment, cleaning, memory } = here;
  if (text.trim() === '') return text;
  // What the tree took for a style sheet once may have become something else since.
  const isStyle = record !== null && memory.kinds.get(record.parent) === 'style';
  if (isStyle && visit.isStyle(record.parent, moment)) return css(text, here);
  const speaks = record !== null && visit.maySpeak(record, moment);
  if (speaks && cleaning.rules.text === 'balanced') return cleaning.text(text);
  cleaning.remarks.add('recording.text', speaks ? 'page_text' : 'typed', 'replace');
  return masked(text);
}
