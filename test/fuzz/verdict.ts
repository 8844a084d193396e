// What an answer to a hostile client may be, whatever was asked.

import { ERRORS } from '../../src/core/errors.ts';
import { CANARY } from './dice.ts';
import { ORIGIN } from './drafts.ts';
import type { Answered } from './wire.ts';

/** Statuses that this listener may answer at all; any other is a fault. */
const PUBLIC = new Set([200, 204, 400, 401, 403, 404, 405, 408, 413, 415, 417, 431, 503]);
const ADMIN = new Set([200, 204, 400, 403, 404, 405, 408, 413, 415, 417, 431, 503]);

export type Door = 'public' | 'admin';

const only = ({ headers }: Answered, name: string): string | null => headers.get(name)?.join(', ') ?? null;

function problemFaults(answer: Answered): readonly string[] {
  const { status, body } = answer;
  if (status < 400 || body === '') return [];
  if (only(answer, 'content-type') !== 'application/problem+json')
    return ['an error that is no problem document'];
  const document: unknown = JSON.parse(body);
  const { code, status: told } = document as { readonly code?: string; readonly status?: number }; // checked below
  if (code === undefined || !Object.hasOwn(ERRORS, code)) return [`an unknown code \`${code}\``];
  const entry = ERRORS[code as keyof typeof ERRORS]; // own key checked
  if (entry.status !== status || told !== status) return [`\`${code}\` under ${status}`];
  return status === 503 && only(answer, 'retry-after') === null ? ['a 503 without Retry-After'] : [];
}

function corsFaults(answer: Answered, door: Door, asked: string): readonly string[] {
  const allowed = only(answer, 'access-control-allow-origin');
  if (allowed === null)
    return only(answer, 'access-control-allow-credentials') === null ? [] : ['credentials without an origin'];
  if (door === 'admin') return ['the admin listener allows an origin'];
  if (allowed !== ORIGIN) return [`\`${allowed}\` is allowed`];
  if (!asked.toLowerCase().includes(`origin: ${ORIGIN}`)) return ['an origin is allowed that did not ask'];
  return only(answer, 'vary')?.includes('Origin') === true ? [] : ['an allowed origin without Vary'];
}

/** The names that a preflight asks for are answered as they were asked, by the rules of CORS; nothing else comes back. */
const withoutAskedNames = ({ text }: Answered): string =>
  text.replace(/^access-control-allow-headers:.*$/im, '');

/** The console is there to show what events came; their cleaned names are all that it may show of them. */
function shownByConsole(answer: Answered): string {
  if (answer.body === '') return answer.text;
  if (only(answer, 'content-type')?.startsWith('application/json') === true)
    return JSON.stringify(JSON.parse(answer.body), (key, value: unknown) => (key === 'event' ? null : value));
  return only(answer, 'content-type')?.startsWith('text/html') === true ? '' : answer.text;
}

const repeated = (answer: Answered, door: Door): string =>
  door === 'admin' && answer.status === 200 ? shownByConsole(answer) : withoutAskedNames(answer);

/** Everything that is wrong with an answer; `asked` is the request as Latin-1. */
export function faultsOf(answer: Answered, door: Door, asked: string): readonly string[] {
  const statuses = door === 'public' ? PUBLIC : ADMIN;
  return [
    ...(statuses.has(answer.status) ? [] : [`status ${answer.status}`]),
    ...problemFaults(answer),
    ...corsFaults(answer, door, asked),
    ...(repeated(answer, door).includes(CANARY) ? ['a received value comes back'] : []),
  ];
}
