// Attributes of a node as rrweb writes them, which are strings by name, by the list that all recorders share; and those that the recorder
// adds itself: sizes, scroll places, states of players and dialogues. Pictures that it draws into an attribute do not leave.

import type { Json, JsonObject } from '../../core/json.ts';
import { isObject, put } from '../../core/json.ts';
import { cleanAddress } from '../page/addresses.ts';
import type { Place } from '../page/attributes.ts';
import { cleanAttribute } from '../page/attributes.ts';
import { isMasked, maskedValue } from '../page/mask.ts';
import { css, declared } from './css.ts';

type Own = (value: Json, place: Place) => Json | undefined;

const pixels: Own = (value) =>
  typeof value === 'string' && /^\d{1,6}(?:\.\d{1,20})?px$/.test(value) ? value : undefined;
const within =
  (max: number): Own =>
  (value) =>
    typeof value === 'number' && Math.abs(value) <= max ? value : undefined;
const flag: Own = (value) => (typeof value === 'boolean' ? value : undefined);
const word =
  (...words: readonly string[]): Own =>
  (value) =>
    typeof value === 'string' && words.includes(value) ? value : undefined;

/** Of a style sheet, wherever it came from, but not of one that is edited in the page. */
const isSheet = ({ tag, node, visit, moment }: Place): boolean =>
  tag === 'LINK' || (tag === 'STYLE' && visit.isStyle(node.id, moment));

/** What the recorder itself adds, by name. */
const OWN: ReadonlyMap<string, Own> = new Map<string, Own>([
  ['rr_width', pixels],
  ['rr_height', pixels],
  ['rr_scrollLeft', within(9_999_999)],
  ['rr_scrollTop', within(9_999_999)],
  ['rr_mediaState', word('played', 'paused')],
  ['rr_mediaCurrentTime', within(999_999)],
  ['rr_mediaPlaybackRate', within(16)],
  ['rr_mediaMuted', flag],
  ['rr_mediaLoop', flag],
  ['rr_mediaVolume', within(1)],
  ['rr_open_mode', word('modal', 'non-modal')],
  [
    'rr_src',
    (value, { cleaning }) => (typeof value === 'string' ? cleanAddress(value, cleaning) : undefined),
  ],
  [
    '_cssText',
    (value, place) => (typeof value === 'string' && isSheet(place) ? css(value, place) : undefined),
  ],
]);

/** Null stands for an attribute that was taken away. */
export function cleanAttributes(attributes: JsonObject, place: Place): JsonObject {
  const clean: Record<string, Json> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const one = cleaned(name, value, place);
    if (one !== undefined) put(clean, name, one);
  }
  return clean;
}

function cleaned(name: string, value: Json, place: Place): Json | undefined {
  const own = OWN.get(name);
  if (own !== undefined) return own(value, place);
  if (name.includes('=') || name.startsWith('rr_')) return undefined;
  if (value === null) return treated(name, '', place) === null ? undefined : null;
  if (typeof value === 'boolean')
    return treated(name, 'true', place) === 'true' && isState(name) ? value : undefined;
  if (typeof value === 'string') return text(name, value, place);
  return name === 'style' && isObject(value) ? style(value, place) : undefined;
}

/** The recorder writes these from the state of an element and not from its attribute. */
const isState = (name: string): boolean => name === 'checked' || name === 'selected';

function text(name: string, value: string, place: Place): string | undefined {
  if (name === 'value' && place.tag === 'TEXTAREA') return isMasked(value) ? value : maskedValue(value);
  return treated(name, value, place) ?? undefined;
}

function treated(name: string, value: string, place: Place): string | null {
  const clean = cleanAttribute(`${name}=${value}`, null, place);
  return clean === null ? null : clean.slice(name.length + 1);
}

/** What a script changed of an element's style: by property its value, value and priority, or false if it is gone. */
function style(properties: JsonObject, place: Place): JsonObject {
  const clean: Record<string, Json> = {};
  for (const [property, given] of Object.entries(properties)) {
    // Pages make up the names of their own properties, as those of attributes.
    if (property.startsWith('--') && treated(property.slice(2), '', place) === null) continue;
    const one = given === false ? gone(property) : changed(property, given, place);
    if (one !== null) put(clean, property, one);
  }
  return clean;
}

const gone = (property: string): false | null =>
  declared(property, '0', (declaration) => declaration) === null ? null : false;

function changed(property: string, given: Json, place: Place): Json {
  const [value, priority]: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (typeof value !== 'string') return null;
  const clean = declared(property, value, (declaration) => treated('style', declaration, place) ?? '');
  if (clean === null || !Array.isArray(given)) return clean;
  return [clean, priority === 'important' ? 'important' : ''];
}
