// Words that pages put into classes, ids and attribute names to say what state something is in. While somebody could be typing, a
// class that was not there before may stay only if it is made of these: a page may as well write there what was typed.

const WORDS = new Set(
  (
    'a above absolute accordion active add added affix after alert align all animate animated animating animation ant app arrow aside ' +
    'at auto away b back backdrop background badge banner bar before below bg big block blur blurred body border bottom box btn busy ' +
    'button c calendar cancel card carousel cart cell center change changed check checkbox checked class clear cleared click ' +
    'clicked clone close closed closing col collapse collapsed collapsing color column combobox complete completed compact contained ' +
    'container content control cookie copied current cursor d danger dark day default delay delayed desktop dialog dirty disable ' +
    'disabled dismiss display done down drag dragging drawer drop dropdown duration e editing el element ellipsis empty enable ' +
    'enabled end ended enter entered entering error errors even exit exiting expand expanded expanding fa fade faded fail failed fas ' +
    'fetching field filled filter filtered first fixed flex float floating focus focused focusable footer form full fullscreen ' +
    'fw g glide gone grab gray green grid group h half has header heading hero hidden hide hiding high highlight highlighted ' +
    'horizontal hover hovered html icon image img in inactive indeterminate info init initial initialized inline inner input ' +
    'invalid invisible is item items js label large last layer lazy lazyload lazyloaded lazyloading leave leaving left lg li light ' +
    'limit line link links list load loaded loader loading lock locked logo login main mask max md media menu message min mobile ' +
    'modal mode more mount mounted move moved moving mui multi nav navbar navigation next no none not notification now number odd off ' +
    'offscreen on opacity open opened opening option outer out over overflow overlay page pagination pane panel part passed pause ' +
    'paused pending picker pin pinned placeholder play player playing pointer pop popover popper popup pos position pressed prev ' +
    'preview previous primary product progress pulse radio ready red relative reload remove removed reset resize resized resizing ' +
    'responsive result results reveal revealed right ripple root rotate row rtl ltr running s scale screen scroll scrolled scrolling ' +
    'search secondary section select selected selectable selection sent shadow show showing shown shrink shrunk side sidebar skeleton ' +
    'sl slide slider sliding slick slot sm small snackbar sort sorted sorting span spin spinner split sr stage start started state ' +
    'static status step sticky stop stopped stuck style sub submenu submit submitted submitting success swiper switch t tab table tabs ' +
    'tag text theme thumb tile tip title toast toggle toggled toggler tooltip top touch touched track transform transition ' +
    'transitioning translate transparent type ui unchecked undo untouched up update updated v valid validated value view viewport ' +
    'visible w wait waiting warn warning was width wrap wrapper x xl xs xxl y z zoom zoomed data aria region controls haspopup level ' +
    'live rowindex colindex describedby labelledby owns activedescendant atomic readonly required sm md swiper'
  ).split(' '),
);

/** `css-1x2y3z`: what styling libraries call a rule, a digest of it. */
const GENERATED = /^(?:css|sc|jss|emotion|svelte|makestyles)-[0-9a-z]{4,10}$/i;
/** Numbers of up to two digits: fewer than any prefix that matters. */
const NUMBER = /^\d{1,2}$/;
const MAX_LENGTH = 64;

/** Is it made of words of state, and so nothing that somebody typed? */
export function isOrdinary(name: string): boolean {
  if (name.length > MAX_LENGTH) return false;
  if (GENERATED.test(name)) return true;
  let digits = 0;
  for (const part of name.split(/[-_:./]+|(?<=[a-z])(?=[A-Z])/)) {
    if (part === '') continue;
    if (NUMBER.test(part)) digits += part.length;
    else if (!WORDS.has(part.toLowerCase())) return false;
  }
  return digits <= 2;
}
