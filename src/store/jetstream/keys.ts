// Keys of facts as subjects, and back. A slash separates tokens; in a token letters, digits, `-` and `_` stand for themselves
// and every other byte of its UTF-8 is `=` and two hex digits. An empty token is a lone `=`. No two keys share a subject.

const PLAIN = /^[A-Za-z0-9_-]+$/;
const TOKEN = /^(?:=|(?:[A-Za-z0-9_-]|=[0-9a-f]{2})+)$/;

function encodeToken(token: string): string {
  if (token === '') return '=';
  if (PLAIN.test(token)) return token;
  return [...Buffer.from(token, 'utf8')]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return PLAIN.test(char) ? char : `=${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function decodeToken(token: string): string | null {
  if (token === '=') return '';
  if (PLAIN.test(token)) return token;
  if (!TOKEN.test(token)) return null;
  const bytes = token.replace(/=([0-9a-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The part of the subject after the bucket's own. */
export const encodeKey = (key: string): string => key.split('/').map(encodeToken).join('.');

/** Null for what `encodeKey` never makes. */
export function decodeKey(encoded: string): string | null {
  const tokens = encoded.split('.').map(decodeToken);
  const sound = tokens.filter((token) => token !== null);
  if (sound.length < tokens.length) return null;
  const key = sound.join('/');
  return encodeKey(key) === encoded ? key : null;
}
