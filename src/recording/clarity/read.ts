// Reads the body of an upload into its three lists. What is no upload at all is refused; what single events hold is not looked
// at here. The shape is checked before JSON.parse sees the text, so that no text of eight megabytes costs more than its length.

import { GatewayError } from '../../core/errors.ts';

export type Events = readonly (readonly unknown[])[];

export interface Body {
  readonly envelope: readonly unknown[];
  readonly analysis: Events;
  /** Absent in uploads without playback data. */
  readonly playback: Events | null;
}

/** An object of lists of events, of which some hold lists: four levels. */
const MAX_DEPTH = 8;

const refuse = (message: string): GatewayError => new GatewayError('unreadable_body', message);

export function readBody(bytes: Uint8Array): Body {
  const text = decoded(bytes);
  checkNesting(text);
  const body = parsed(text);
  const { e, a, p } = body;
  const names = Object.keys(body).length;
  if (
    !Array.isArray(e) ||
    !isEvents(a) ||
    !(p === undefined || isEvents(p)) ||
    names !== (p === undefined ? 2 : 3)
  )
    throw refuse('the upload must hold an envelope `e`, events `a` and at most playback events `p`');
  return { envelope: e, analysis: a, playback: p ?? null };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refuse('the upload is not UTF-8');
  }
}

/** No list lies deeper than those of an honest upload, and its one object is the upload itself. */
function checkNesting(text: string): void {
  if (text[0] !== '{') throw refuse('the upload is not a JSON object');
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = stringEnd(text, at);
        break;
      case 0x7b: // {
        if (at > 0) throw refuse('the upload holds an object, which no event does');
        break;
      case 0x5b: // [
        depth++;
        if (depth > MAX_DEPTH) throw refuse('the upload is nested too deeply');
        break;
      case 0x5d: // ]
        depth--;
        break;
    }
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

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>; // begins with a brace, so it is an object
  } catch {
    // No cause: a syntax error quotes what was sent.
    throw refuse('the upload is not JSON');
  }
}

const isEvents = (value: unknown): value is Events =>
  Array.isArray(value) && value.every((event) => Array.isArray(event));
