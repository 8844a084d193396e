// The body of an upload as JSON: strict UTF-8, one object, no deeper than its format goes. The depth is counted before JSON.parse sees
// the text: millions of brackets would take it hundreds of megabytes.

import { GatewayError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';

export interface Shape {
  /** How deep lists and objects may lie in one another, the body itself counted. */
  readonly depth: number;
  /** May the body hold objects besides itself? */
  readonly objects: boolean;
}

export const refuse = (message: string): GatewayError => new GatewayError('unreadable_body', message);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws `unreadable_body`, without a cause: a syntax error quotes what was sent. */
export function readObject(bytes: Uint8Array, shape: Shape): Readonly<Record<string, unknown>> {
  const text = decoded(bytes);
  checkNesting(text, shape);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw refuse('the upload is not JSON');
  }
  if (!isObject(body)) throw refuse('the upload is not a JSON object');
  return body;
}

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refuse('the upload is not UTF-8');
  }
}

function checkNesting(text: string, shape: Shape): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = stringEnd(text, at);
        break;
      case 0x7b: // {
        if (at > 0 && !shape.objects) throw refuse('the upload holds an object, which no event does');
        depth++;
        break;
      case 0x5b: // [
        depth++;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
    if (depth > shape.depth) throw refuse('the upload is nested too deeply');
  }
}

/** Index of the quote that ends the string; the text's length where none does. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === 0x5c) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}
