// The envelope of an upload: which project, visitor, session and page visit it belongs to, and its place among the others.

import { GatewayError } from '../../core/errors.ts';
import { idPath } from '../../core/identifiers.ts';
import type { UploadCleaning } from '../cleaning.ts';

export interface Envelope {
  readonly sequence: number;
  readonly durationMs: number;
  readonly project: string;
  readonly user: string;
  readonly session: string;
  readonly pageNumber: number;
  readonly last: boolean;
  /** Raw; absent up to 0.7.20. */
  readonly url: string | null;
}

type Check = (value: unknown) => boolean;

const number =
  (max: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
const text =
  (form: RegExp): Check =>
  (value) =>
    typeof value === 'string' && form.test(value);

/** Longest time of a page visit that is believed: a day, for machines that slept. The client stops after two hours. */
const MAX_MS = 99_999_999;
const VERSION = /^0\.[678]\.\d{1,4}(?:-b\d{1,3})?$/;
const ID = /^[0-9a-z]{1,32}$/;

const CHECKS: readonly Check[] = [
  text(VERSION),
  number(9999), // sequence; the client stops at 128
  number(MAX_MS), // start
  number(MAX_MS), // duration
  text(ID), // project
  text(ID), // user
  text(ID), // session
  number(9999), // page of the session; a new one begins at 128
  number(1), // sent by beacon
  number(1), // last of its page visit
  number(99), // platform
  text(/^[^]{0,4096}$/), // address; the client cuts it at 2,048
];
/** Fields that older versions lack. */
const LEAST = 10;

export function readEnvelope(fields: readonly unknown[]): Envelope {
  const fits =
    fields.length >= LEAST &&
    fields.length <= CHECKS.length &&
    fields.every((field, i) => CHECKS[i]?.(field));
  if (!fits) throw new GatewayError('unreadable_body', 'the envelope is not one of Clarity 0.6 to 0.8');
  const [, sequence, , durationMs, project, user, session, pageNumber, , end, , url] = fields as Fields;
  return { sequence, durationMs, project, user, session, pageNumber, last: end === 1, url: url ?? null };
}

/** What the checks above let through. */
type Fields = readonly [
  string,
  number,
  number,
  number,
  string,
  string,
  string,
  number,
  number,
  number,
  number?,
  string?,
];

const USER = 5;
const SESSION = 6;
const URL = 11;

/** The envelope as it may leave: pairwise ids, a cleaned address, all else as it came. */
export function cleanEnvelope(
  fields: readonly unknown[],
  envelope: Envelope,
  cleaning: UploadCleaning,
): readonly unknown[] {
  const clean = [...fields];
  clean[USER] = pairwise('clarity.user_id', envelope.user, cleaning);
  clean[SESSION] = pairwise('clarity.session_id', envelope.session, cleaning);
  if (envelope.url !== null) clean[URL] = cleaning.url(envelope.url);
  return clean;
}

export function pairwise(name: string, value: string, { rules, remarks }: UploadCleaning): string {
  const pseudonym = rules.pseudonym(name, value);
  remarks.add(idPath(name), 'kind_default', pseudonym === value ? 'keep' : 'pseudonymise');
  return pseudonym;
}
