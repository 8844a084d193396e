// The list of attributes that keep a value: what a page needs for its layout and nothing that speaks.

import type { Form } from './forms.ts';

/** A form that the value has to have, or what is done with it. */
export type Treatment =
  | Form
  | 'class'
  | 'name'
  | 'style'
  | 'address'
  | 'srcset'
  | 'role'
  | 'value'
  | 'placeholder'
  | 'flag'
  | 'mask';

const LISTS: readonly (readonly [Treatment, string])[] = [
  ['class', 'class'],
  ['name', 'id name for'],
  ['style', 'style'],
  ['address', 'href src action formaction poster xlink:href *B'],
  ['srcset', 'srcset'],
  ['role', 'role'],
  ['value', 'value'],
  ['placeholder', 'placeholder'],
  ['mask', 'data-clarity-mask data-clarity-unmask'],
  [
    'flag',
    'hidden disabled checked selected multiple readonly required open reversed controls loop muted autoplay playsinline autofocus ' +
      'novalidate async defer default inert allowfullscreen nowrap noshade',
  ],
  [
    'state',
    'contenteditable draggable spellcheck aria-hidden aria-expanded aria-selected aria-disabled aria-busy aria-modal aria-current',
  ],
  ['true', '*O'],
  ['type', 'type as'],
  ['rel', 'rel'],
  ['media', 'media'],
  ['language', 'lang xml:lang hreflang'],
  ['charset', 'charset'],
  ['namespace', 'xmlns xmlns:xlink xmlns:svg'],
  ['version', 'version'],
  ['aspect', 'preserveAspectRatio'],
  ['bound', 'min max step low high optimum'],
  [
    'number',
    'width height colspan rowspan rows cols size span start tabindex border cellpadding cellspacing hspace vspace maxlength minlength',
  ],
  [
    'numbers',
    'x y x1 x2 y1 y2 cx cy r rx ry dx dy fx fy fr z viewBox points offset opacity fill-opacity stroke-opacity stop-opacity flood-opacity ' +
      'stroke-width stroke-dasharray stroke-dashoffset stroke-miterlimit pathLength textLength font-size font-weight letter-spacing ' +
      'word-spacing rotate refX refY markerWidth markerHeight stdDeviation k1 k2 k3 k4 scale values tableValues order kernelMatrix ' +
      'baseFrequency numOctaves seed radius dur begin repeatCount keyTimes keySplines sizes imagesizes',
  ],
  ['path', 'd'],
  ['transform', 'transform gradientTransform patternTransform'],
  [
    'paint',
    'fill stroke color stop-color flood-color lighting-color bgcolor filter mask clip-path marker-start marker-mid marker-end',
  ],
  [
    'keyword',
    'dir align valign method target shape wrap loading decoding fetchpriority scope rules frame stroke-linecap stroke-linejoin fill-rule ' +
      'clip-rule text-anchor dominant-baseline alignment-baseline font-style visibility display overflow spreadMethod gradientUnits ' +
      'patternUnits patternContentUnits clipPathUnits maskUnits maskContentUnits markerUnits filterUnits primitiveUnits xml:space ' +
      'vector-effect shape-rendering color-interpolation-filters mode operator calcMode additive text-rendering orient',
  ],
];

export const TREATMENTS: ReadonlyMap<string, Treatment> = new Map(
  LISTS.flatMap(([treatment, names]) => names.split(' ').map((name) => [name, treatment] as const)),
);
/** Of `*D`, whose attributes are no attributes. */
export const DOCUMENT_TYPE: ReadonlyMap<string, Treatment> = new Map([
  ['name', 'documentName'],
  ['publicId', 'publicId'],
  ['systemId', 'systemId'],
]);
