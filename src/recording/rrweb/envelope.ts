// The envelope that a page puts around its rrweb events: whose they are, where they belong, and nothing else that leaves. Shape and
// depth are looked at before anything is made of the text.

import { readObject, refuse } from '../body.ts';

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

/** A page as deep as browsers nest takes two levels for each node. */
const SHAPE = { depth: 2 * 1024 + 64, objects: true };
/** Two hours of a busy page have a tenth of it. */
const MAX_EVENTS = 100_000;
const MAX_SEQUENCE = 1_000_000;
/** Longest address that the gates read. */
const MAX_PAGE = 8192;
const ID = /^[\x21-\x7e]{1,128}$/;

const isIdText = (value: unknown): value is string => typeof value === 'string' && ID.test(value);
const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

export function readEnvelope(bytes: Uint8Array): Envelope {
  const { writeKey, anonymousId, session, visit, sequence, last, page, events } = readObject(bytes, SHAPE);
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
