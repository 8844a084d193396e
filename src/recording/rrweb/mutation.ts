// The two events that change the tree: a snapshot of the whole page, and what was added, taken away or changed since. The tree hears of
// all of an event before any of it is judged.

import type { Json, JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import type { Setting } from '../page/attributes.ts';
import { placeOf } from '../page/attributes.ts';
import { UNFIT, measure } from '../page/measures.ts';
import type { NodeRecord } from '../page/record.ts';
import { tagOf } from '../page/tags.ts';
import type { Moment } from '../page/visit.ts';
import { cleanAttributes } from './attributes.ts';
import type { Field, Here } from './fields.ts';
import { isId, list, object, only } from './fields.ts';
import type { ReadNode } from './nodes.ts';
import { readNode, recordsOf, tagOfKind, tokensOf } from './nodes.ts';
import { masked, writeNode } from './writing.ts';

const settingOf = (here: Here, moment: Moment): { here: Here; setting: Setting } => {
  const { visit, cleaning } = here;
  const setting = {
    visit,
    cleaning,
    moment,
    places: [],
    known: [],
    knownNames: new Map<string, string | null>(),
  };
  return { here: { ...here, moment }, setting };
};

const offset = object({ left: measure, top: measure });

/** The page as it stands. Only the first of a visit may speak of what a visitor cannot have typed. */
export const snapshot: Field = (value, before) => {
  if (!isObject(value)) return UNFIT;
  const { memory, visit, moment } = before;
  const node = readNode(value['node'], { parent: 0, depth: 0, memory });
  const initialOffset = offset(value['initialOffset'], before);
  if (node?.kind !== 'document' || initialOffset === UNFIT) return UNFIT;
  const noted = visit.note(recordsOf(node), { at: moment.at, whole: true });
  const { here, setting } = settingOf(before, noted);
  return { node: writeNode(node, here, setting), initialOffset };
};

const array = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const near = (value: Json | undefined): number | null => (isId(value) ? value : null);

interface Added {
  readonly node: ReadNode;
  readonly parentId: number;
  readonly given: JsonObject;
}

function readAdded(given: Json, { memory }: Here): Added | null {
  if (!isObject(given) || !isId(given['parentId'])) return null;
  const { parentId } = given;
  const node = readNode(given['node'], { parent: parentId, depth: 1, memory });
  return node === null ? null : { node, parentId, given };
}

interface Changed {
  readonly id: number;
  readonly attributes: JsonObject;
  /** For the rules of attributes, and for the tree if it knows the node. */
  readonly record: NodeRecord;
  readonly noted: NodeRecord | null;
}

function readChanged(given: Json, { memory }: Here): Changed | null {
  if (!isObject(given) || !isId(given['id']) || !isObject(given['attributes'])) return null;
  const { id, attributes } = given;
  const kind = memory.kinds.get(id);
  const record = {
    id,
    masked: false,
    parent: 0,
    previous: 0,
    tag: tagOfKind(kind),
    rest: tokensOf(attributes),
    first: 0,
  };
  // An input whose type is not told here is what it was.
  const retyped = kind !== 'input' || Object.hasOwn(attributes, 'type');
  const noted = kind === 'unknown' ? null : { ...record, tag: retyped ? record.tag : tagOf('DIV') };
  return { id, attributes, record, noted };
}

const removed = object({ parentId: node, id: node }, { isShadow: only(true) });
function node(value: unknown): unknown {
  return isId(value) ? value : UNFIT;
}

/** Texts that change are never those of the page as it began. */
const text = object(
  { id: node },
  {
    value: (value, { cleaning }) => {
      if (typeof value !== 'string') return value === null ? null : UNFIT;
      if (value.trim() !== '') cleaning.remarks.add('recording.text', 'typed', 'replace');
      return masked(value);
    },
  },
);

export const mutation: Field = (value, before) => {
  if (!isObject(value)) return UNFIT;
  const adds = array(value['adds'])
    .map((given) => readAdded(given, before))
    .filter((one) => one !== null);
  const changes = array(value['attributes'])
    .map((given) => readChanged(given, before))
    .filter((one) => one !== null);
  const records = [
    ...adds.flatMap((added) => recordsOf(added.node)),
    ...changes.map(({ noted }) => noted).filter((noted) => noted !== null),
  ];
  const noted = before.visit.note(records, { at: before.moment.at, whole: false });
  const { here, setting } = settingOf(before, noted);
  return {
    texts: kept(list(text)(value['texts'], here)),
    attributes: changes.map(({ id, attributes, record }) => ({
      id,
      // Whether the tree knows it or not: it was there before.
      attributes: cleanAttributes(attributes, { ...placeOf(record, setting), fresh: false }),
    })),
    removes: kept(list(removed)(value['removes'], here)),
    adds: adds.map(({ node: added, parentId, given }) => ({
      parentId,
      ...(Object.hasOwn(given, 'previousId') ? { previousId: near(given['previousId']) } : {}),
      nextId: near(given['nextId']),
      node: writeNode(added, here, setting),
    })),
    ...(value['isAttachIframe'] === true ? { isAttachIframe: true } : {}),
  };
};

const kept = (clean: unknown): unknown => (clean === UNFIT ? [] : clean);
