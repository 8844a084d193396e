// A user agent in coarse form: product names and their major versions stay, since playback picks a device frame by them;
// minor versions become 0, and device models, builds and all that is not known go.

const AGENT = /^Mozilla\/5\.0 \(([^()]{1,300})\)(?: (.{0,600}))?$/;

/** What may stand in the brackets. Versions are cut by `major`. */
const SYSTEM =
  /^(?:Windows NT \d{1,2}(?:\.\d{1,2})?|Win64|WOW64|x64|X11|Wayland|Linux(?: (?:x86_64|i686|aarch64|armv\d\w?))?|Ubuntu|Fedora|Macintosh|(?:Intel|PPC) Mac OS X(?: \d{1,2}(?:[._]\d{1,3}){0,2})?|iPhone|iPad|iPod(?: touch)?|CPU(?: iPhone)? OS \d{1,2}(?:_\d{1,3}){0,2} like Mac OS X|Android(?: \d{1,2}(?:\.\d{1,3}){0,2})?|CrOS \w{1,10}(?: \d{1,6}(?:\.\d{1,4}){0,2})?|Mobile|Tablet|K|U|wv|rv:\d{1,3}(?:\.\d{1,3}){0,2})$/;
const PRODUCT =
  /^(?:AppleWebKit|Chrome|Chromium|Safari|Version|Mobile|Gecko|Firefox|Edge?|EdgA|EdgiOS|OPR|OPX|CriOS|FxiOS|SamsungBrowser|Vivaldi|DuckDuckGo|Ddg)\/(\d{1,4})[\w.]{0,20}$/;
/** Versions that no browser changes any more, so they tell nothing. */
const FROZEN = /^(?:(?:AppleWebKit|Safari)\/(?:537\.36|605\.1\.15|604\.1)|Gecko\/20100101|Mobile\/15E148)$/;
const UNVERSIONED = /^(?:Mobile|\(KHTML, like Gecko\))$/;

/** `17_5_1` → `17_0_0`; what Windows, Macs and Chrome freeze at stays as it is. */
const FROZEN_SYSTEM =
  /^(?:Linux .*|Windows NT 10\.0|Intel Mac OS X 10_15_7|Intel Mac OS X 10\.15|CrOS \w{1,10} 14541\.0\.0)$/;
const major = (name: string): string =>
  FROZEN_SYSTEM.test(name) ? name : name.replaceAll(/([._])\d+/g, (_, sign: string) => `${sign}0`);

function product(name: string): string | null {
  if (UNVERSIONED.test(name) || FROZEN.test(name)) return name;
  const version = PRODUCT.exec(name)?.[1];
  if (version === undefined) return null;
  const product = name.slice(0, name.indexOf('/'));
  // A build number; the word alone says all that is meant.
  if (product === 'Mobile') return product;
  const minors = name.slice(product.length + 1).split('.').length - 1;
  return `${product}/${version}${'.0'.repeat(minors)}`;
}

/** What cannot be read is cut to the beginning that all user agents share. */
export function coarseUserAgent(agent: string): string {
  const read = AGENT.exec(agent);
  if (read === null) return 'Mozilla/5.0';
  const systems = (read[1] ?? '')
    .split(/; ?/)
    .filter((name) => SYSTEM.test(name))
    .map(major);
  const products = (read[2] ?? '')
    .split(/ (?![^()]*\))/)
    .map(product)
    .filter((name) => name !== null);
  const tail = products.length === 0 ? '' : ` ${products.join(' ')}`;
  return systems.length === 0 ? `Mozilla/5.0${tail}` : `Mozilla/5.0 (${systems.join('; ')})${tail}`;
}
