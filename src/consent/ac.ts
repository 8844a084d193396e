// Google's Additional Consent string: which ad technology providers outside the TCF vendor list the person consented to. It
// means something only beside a valid TC string, so tcf.ts asks for it.

const MAX_AC_CHARS = 32_768;
/** Real ids have four or five digits. */
const MAX_DIGITS = 7;

const ZERO = 48;
const NINE = 57;
const DOT = 46;

/** Runs over a dot-separated list of ids and reports each; false if it is not one. An empty list is one. */
function eachId(list: string, report: (id: string) => void): boolean {
  if (list === '') return true;
  let start = 0;
  for (let index = 0; index <= list.length; index += 1) {
    const code = index === list.length ? DOT : list.charCodeAt(index);
    if (code === DOT) {
      const length = index - start;
      if (length < 1 || length > MAX_DIGITS || list.charCodeAt(start) === ZERO) return false;
      report(list.slice(start, index));
      start = index + 1;
    } else if (code < ZERO || code > NINE) return false;
  }
  return true;
}

/**
 * Which of the wanted ids the string consents to; null if it is malformed. Version 1 is `1~ids`, version 2
 * `2~ids~dv.ids`, where the last part lists who was disclosed but not consented to. An id in both parts is not consented to.
 */
export function consentedProviders(text: string, wanted: readonly string[]): ReadonlySet<string> | null {
  if (text.length > MAX_AC_CHARS) return null;
  const [version, consented, disclosed, ...more] = text.split('~', 4);
  if (consented === undefined || more.length > 0) return null;
  if (version === '1' ? disclosed !== undefined : version !== '2' || disclosed === undefined) return null;
  if (disclosed !== undefined && !disclosed.startsWith('dv.')) return null;
  const asked = new Set(wanted);
  const found = new Set<string>();
  const whole = eachId(consented, (id) => asked.has(id) && found.add(id));
  const refused = eachId(disclosed?.slice(3) ?? '', (id) => found.delete(id));
  return whole && refused ? found : null;
}
