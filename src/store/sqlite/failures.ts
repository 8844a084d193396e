// What SQLite's error numbers mean to the gateway. Messages of SQLite may quote values, so they travel as cause only.

import { GatewayError } from '../../core/errors.ts';

const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Primary result code of an error of `node:sqlite`, or null for any other error. */
export function codeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}

export const isCorrupt = (error: unknown): boolean => codeOf(error) === CORRUPT;
export const isNoSpace = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

/** What a system call refused: no such folder, no right, not a file. */
const isSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** A `GatewayError` for what the surroundings did; anything else comes back as it is. */
export function asFailure(error: unknown): unknown {
  const cause = error;
  if (isNoSpace(error)) return full(cause);
  switch (codeOf(error)) {
    case FULL:
      return full(cause);
    case BUSY:
      return new GatewayError('store_locked', 'another process owns the store; stop it first', { cause });
    case NOTADB:
      return new GatewayError('store_unreadable', 'the file is not a database; name another', { cause });
    case CORRUPT:
      return new GatewayError('store_unavailable', 'the store is damaged', { cause, retryAfter: 30 });
    case READONLY:
    case IOERR:
    case CANTOPEN:
      return new GatewayError('store_unavailable', 'the store cannot be read or written', {
        cause,
        retryAfter: 5,
      });
    default:
      return isSystem(error)
        ? new GatewayError('store_unavailable', 'the files of the store cannot be reached', { cause })
        : error;
  }
}

const full = (cause: unknown): GatewayError =>
  new GatewayError('store_full', 'the disk is full; try again later', { cause, retryAfter: 30 });
