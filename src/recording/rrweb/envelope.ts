// The envelope that a page puts around its rrweb events: whose they are, where they belong, and nothing else that leaves. Shape and
// depth are looked at before anything is made of the text.

import { GatewayError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';

export interface Envelope {
  readonly writeKey: string | null;
  readonly anonymousId: string | null;
  readonly session: string;
  readonly visit: string;
  readonly sequence: number;
  readonly last: boolean;
  /** Raw. */
  readonly page: string;
  readonly events: readonly unknown[];
}

const refuse = (message: string): GatewayError => new GatewayError('unreadable_body', message);

/** A page as deep as browsers nest takes two levels for each node. */
const MAX_DEPTH = 2 * 1024 + 64;
/** Two hours of a busy page have a tenth of it. */
const MAX_EVENTS = 100_000;
const MAX_SEQUENCE = 1_000_000;
/** Longest address that the gates read. */
const MAX_PAGE = 8192;
const ID = /^[\x21-\x7e]{1,128}$/;

const isIdText = (value: unknown): value is string => typeof value === 'string' && ID.test(value);
const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

export function readEnvelope(bytes: Uint8Array): Envelope {
  const text = decoded(bytes);
  checkDepth(text);
  const { writeKey, anonymousId, session, visit, sequence, last, page, events } = parsed(text);
  if (!isIdText(session) || !isIdText(visit))
    throw refuse('`session` and `visit` must be strings of 1 to 128 plain characters');
  if (typeof sequence !== 'number' || !Number.isInteger(sequence) || sequence < 1 || sequence > MAX_SEQUENCE)
    throw refuse('`sequence` must count the uploads of the visit from 1');
  if (typeof page !== 'string' || page.length > MAX_PAGE)
    throw refuse('`page` must be the address of the page');
  if (!Array.isArray(events) || events.length > MAX_EVENTS)
    throw refuse('`events` must be a list of rrweb events');
  if (!isAbsent(writeKey) && typeof writeKey !== 'string') throw refuse('`writeKey` must be a string');
  if (!isAbsent(anonymousId) && !isIdText(anonymousId))
    throw refuse('`anonymousId` must be a string of 1 to 128 plain characters');
  return {
    writeKey: writeKey ?? null,
    anonymousId: anonymousId ?? null,
    session,
    visit,
    sequence,
    last: last === true,
    page,
    events,
  };
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refuse('the upload is not UTF-8');
  }
}

/** Millions of brackets would take hundreds of megabytes to parse. */
function checkDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > MAX_DEPTH) throw refuse('the upload is nested too deeply');
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // No cause: a syntax error quotes what was sent.
    throw refuse('the upload is not JSON');
  }
  if (!isObject(body)) throw refuse('the upload is not a JSON object');
  return body;
}
