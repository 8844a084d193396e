// The log: pino behind the Log port. What gets out is an allow-list by field name and by form: codes, ids of ours, counts.
// A field that is not in the table, or a string that is not shaped like a code, is left out and only counted.

import pino from 'pino';
import type { DestinationStream } from 'pino';
import type { Log, LogFields } from '../core/ports.ts';

type Form = 'code' | 'names' | 'number' | 'flag';

/** Every field that any part of the gateway logs. `code`: letters, digits and `_ . : - /`, at most 80; `names`: several. */
export const LOG_FIELDS: Readonly<Record<string, Form>> = {
  id: 'code',
  code: 'code',
  error: 'code',
  at: 'code',
  reason: 'code',
  result: 'code',
  step: 'code',
  site: 'code',
  intake: 'code',
  destination: 'code',
  outcome: 'code',
  verdict: 'code',
  admission: 'code',
  event: 'code',
  digest: 'code',
  config: 'code',
  store: 'code',
  version: 'code',
  address: 'code',
  signal: 'code',
  phase: 'code',
  fields: 'names',
  port: 'number',
  rows: 'number',
  status: 'number',
  count: 'number',
  events: 'number',
  attempt: 'number',
  attempts: 'number',
  pending: 'number',
  dead: 'number',
  bytes: 'number',
  line: 'number',
  column: 'number',
  ms: 'number',
  seconds: 'number',
  waitMs: 'number',
  retryMs: 'number',
  durationMs: 'number',
  schema: 'number',
  migrations: 'number',
  partition: 'number',
  revision: 'number',
  failures: 'number',
  ok: 'flag',
  trial: 'flag',
};

const CODE = /^[\w.:\-/]{1,80}$/;
const NAMES = /^[\w.\- ]{0,4000}$/;

function passes(name: string, value: LogFields[string]): boolean {
  if (!Object.hasOwn(LOG_FIELDS, name)) return false;
  if (value === null) return true;
  switch (LOG_FIELDS[name]) {
    case 'code':
      return typeof value === 'string' && CODE.test(value);
    case 'names':
      return typeof value === 'string' && NAMES.test(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'flag':
      return typeof value === 'boolean';
    default:
      return false;
  }
}

/** The fields that may be written; `omitted` says how many may not. */
export function allowedFields(fields: LogFields): LogFields {
  const allowed: Record<string, LogFields[string]> = {};
  let omitted = 0;
  for (const [name, value] of Object.entries(fields)) {
    if (passes(name, value)) allowed[name] = value;
    else omitted += 1;
  }
  if (omitted > 0) allowed['omitted'] = omitted;
  return allowed;
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Default: standard error, written at once, so that the last line before a crash is there. */
  readonly stream?: DestinationStream;
}

export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.stream ?? pino.destination({ fd: 2, sync: true }),
  );
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (code: string, fields: LogFields = {}): void => {
      if (!logger.isLevelEnabled(level)) return;
      logger[level](allowedFields(fields), CODE.test(code) ? code : 'unnamed');
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
