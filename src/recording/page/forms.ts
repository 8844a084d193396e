// The forms of attribute values that are no words: numbers, drawing commands, colours, states. A value of another form is emptied,
// so nothing needs to be looked for in one that fits. Digits in a row are bounded below what a card or telephone number has.

/** The look-aheads make each text readable in one way only: no bound is got round by cutting, and no text takes long. */
const NUMBER = String.raw`[-+]?(?:\d{1,6}(?!\d)(?:\.\d{0,20}(?!\d)|(?!\.))|\.\d{1,20}(?!\d))(?:e[-+]?\d{1,2}(?!\d))?`;
const UNIT = '(?:%|px|pt|pc|cm|mm|in|r?em|ex|ch|v[wh]|vmin|vmax|fr|deg|rad|turn|m?s|x|w|h)?';
/** Name of a variable or of a node, without a number of more than six digits. */
const NAME = String.raw`(?:[A-Za-z_-]|\d(?!\d{6})){1,64}`;
const SEPARATOR = String.raw`[\s,]`;
const COLOUR =
  'none|inherit|initial|transparent|currentcolor|context-fill|context-stroke|black|white|gr[ae]y|silver|red|green|blue|yellow|orange|' +
  'purple|pink|brown|navy|teal|maroon|olive|lime|aqua|fuchsia|cyan|magenta|gold';

/** `100`, `50%`, `auto`. */
const ONE_NUMBER = new RegExp(String.raw`^(?:${NUMBER}${UNIT}|auto|none|inherit)?$`, 'i');
/** `0 0 24 24`, `1,2 3,4`. */
const NUMBERS = new RegExp(
  String.raw`^(?:${NUMBER}${UNIT}|auto|none|inherit|indefinite|${SEPARATOR})*$`,
  'i',
);
/** One number, or a date or time as a field's bounds have it. */
const BOUND =
  /^(?:[-+]?\d{1,6}(?:\.\d{1,6})?|any|\d{4}-\d{2}(?:-\d{2})?(?:T\d{2}:\d{2})?|\d{4}-W\d{2}|\d{2}:\d{2})?$/;
const PATH = new RegExp(String.raw`^(?:${NUMBER}|[MLHVCSQTAZ]|${SEPARATOR})*$`, 'i');
const TRANSFORM = new RegExp(
  String.raw`^(?:(?:matrix|translate|scale|rotate|skew)[XYZ]?(?:3d)?\((?:${NUMBER}${UNIT}|${SEPARATOR})*\)|none|${SEPARATOR})*$`,
  'i',
);
const FUNCTION = String.raw`var\(--${NAME}\)|(?:rgb|hsl)a?\((?:${NUMBER}${UNIT}|[\s,/])*\)`;
const HEX = '#[0-9a-f]{3,8}';
const PAINT = new RegExp(String.raw`^(?:${COLOUR}|${HEX}|url\(["']?#${NAME}["']?\)|${FUNCTION}|\s)*$`, 'i');
/** What a custom property of one element may be: nothing that is a word. */
const COMPUTED = new RegExp(
  String.raw`^(?:${NUMBER}${UNIT}|${HEX}|${FUNCTION}|none|auto|inherit|[\s,/])*$`,
  'i',
);
const STATE =
  /^(?:true|false|mixed|page|step|auto|manual|until-found|plaintext-only|[\u2022\u25aa\u25ab]+)?$/i;
/** One keyword out of those that HTML and SVG have, as `stroke-linecap=round`. */
const KEYWORD =
  /^(?:round|butt|square|miter|bevel|arcs|nonzero|evenodd|start|middle|end|left|right|center|justify|top|bottom|baseline|central|hanging|text-(?:top|bottom)|absmiddle|normal|bold|bolder|lighter|[1-9]00|italic|oblique|hidden|visible|collapse|scroll|auto|none|inherit|pad|reflect|repeat|userspaceonuse|objectboundingbox|get|post|dialog|_blank|_self|_parent|_top|soft|hard|lazy|eager|async|sync|high|low|all|rows|cols|groups|void|above|below|box|border|ltr|rtl|preserve|default|srgb|linearrgb|spacing(?:andglyphs)?|discrete|linear|paced|spline|freeze|sum|replace|over|atop|out|xor|multiply|screen|darken|lighten|fractalnoise|turbulence|stitch|nostitch)?$/i;
const ASPECT = /^(?:(?:none|x(?:min|mid|max)y(?:min|mid|max))(?:\s+(?:meet|slice))?)?$/i;
const LANGUAGE = /^(?:[a-z]{2,3}(?:-[a-z0-9]{2,4}){0,3})?$/i;
const CHARSET =
  /^(?:utf-?(?:8|16)|iso-8859-\d{1,2}|windows-125\d|us-ascii|gb(?:2312|k|18030)|big5|shift_jis|euc-(?:jp|kr))?$/i;
const MEDIA_TYPE =
  /^(?:(?:text|image|font|application|audio|video)\/[a-z0-9.+-]{1,40}|module|button|submit|reset|text|search|email|tel|url|password|number|range|date|datetime-local|month|week|time|color|checkbox|radio|file|hidden|image|[1aAiI]|disc|circle|square|context|toolbar|translate|scale|rotate|skew[XY]|matrix|saturate|huerotate|luminancetoalpha|table|gamma|identity)?$/i;
const ROLE = /^(?:[a-z]{3,20}(?:\s+[a-z]{3,20}){0,2})?$/;
const ROLES = new Set(
  (
    'alert alertdialog application article banner blockquote button caption cell checkbox code columnheader combobox complementary ' +
    'contentinfo definition deletion dialog directory document emphasis feed figure form generic grid gridcell group heading img ' +
    'insertion link list listbox listitem log main marquee math menu menubar menuitem menuitemcheckbox menuitemradio meter ' +
    'navigation none note option paragraph presentation progressbar radio radiogroup region row rowgroup rowheader scrollbar ' +
    'search searchbox separator slider spinbutton status strong subscript superscript switch tab table tablist tabpanel term ' +
    'textbox time timer toolbar tooltip tree treegrid treeitem'
  ).split(' '),
);
const REL =
  /^(?:(?:stylesheet|alternate|icon|shortcut|apple-touch-icon(?:-precomposed)?|mask-icon|preload|prefetch|preconnect|dns-prefetch|modulepreload|prerender|manifest|canonical|author|license|help|search|next|prev|noopener|noreferrer|nofollow|external|bookmark|tag|me|opener|sponsored|ugc|pingback|amphtml)\s*)*$/i;
/** A media query: words of its own grammar and numbers. */
const MEDIA =
  /^(?:all|screen|print|speech|only|not|and|or|(?:min|max)-|device-|width|height|orientation|portrait|landscape|prefers-(?:color-scheme|reduced-motion|contrast)|dark|light|reduce|no-preference|more|less|hover|any-|pointer|coarse|fine|none|resolution|aspect-ratio|\d{1,5}(?!\d)(?:\.\d{1,3}(?!\d))?(?:px|r?em|dppx|dpi)?|[\s():,/<>=])*$/i;
const HTML_NAME = /^[A-Za-z][A-Za-z0-9:._-]{0,19}$/;
const PUBLIC_ID = /^(?:[-+]\/\/(?:W3C|IETF|WAPFORUM)\/\/DTD [A-Za-z0-9. -]{1,48}\/\/EN)?$/;
const SYSTEM_ID = /^(?:about:legacy-compat|https?:\/\/www\.w3\.org\/[A-Za-z0-9./-]{1,80})?$/;
const TRUE = /^true$/;
const NAMESPACE = /^(?:https?:\/\/www\.w3\.org\/[A-Za-z0-9./-]{1,60})?$/;
const VERSION = /^(?:\d(?:\.\d)?)?$/;

const FORMS = {
  number: ONE_NUMBER,
  numbers: NUMBERS,
  bound: BOUND,
  path: PATH,
  transform: TRANSFORM,
  paint: PAINT,
  computed: COMPUTED,
  state: STATE,
  keyword: KEYWORD,
  aspect: ASPECT,
  language: LANGUAGE,
  charset: CHARSET,
  type: MEDIA_TYPE,
  rel: REL,
  media: MEDIA,
  documentName: HTML_NAME,
  publicId: PUBLIC_ID,
  systemId: SYSTEM_ID,
  true: TRUE,
  namespace: NAMESPACE,
  version: VERSION,
} as const;

export type Form = keyof typeof FORMS;

/** The drawing of a map of a country; what is longer would need more of the regular expressions' stack than there may be. */
const MAX_LENGTH = 100_000;

export const fits = (form: Form, value: string): boolean =>
  value.length <= MAX_LENGTH && FORMS[form].test(value);

export const isRole = (value: string): boolean =>
  ROLE.test(value) && value.split(/\s+/).every((word) => word === '' || ROLES.has(word));
