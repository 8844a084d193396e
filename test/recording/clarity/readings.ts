// A text in all the ways in which somebody could read it, to look for what must not stand in it.

const decoded = (text: string): string =>
  text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
const unescaped = (text: string): string =>
  text.replaceAll(/\\(?:u|x|u00)?([0-9a-f]{2,6})/gi, (_, code: string) => {
    const point = Number.parseInt(code, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : '';
  });
const unwrapped = (text: string): string =>
  (text.match(/[\w+/-]{6,}={0,2}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString()).join('\n');

/** Raw, percent-decoded, unescaped, out of base64, and without what groups digits; in lower case. */
export function readings(text: string): string {
  const all = [
    text,
    decoded(text),
    decoded(decoded(text)),
    unescaped(text),
    unwrapped(text),
    unwrapped(decoded(text)),
  ];
  const joined = all.join('\n').toLowerCase();
  return `${joined}\n${joined.replaceAll(/[ .-]/g, '')}`;
}
