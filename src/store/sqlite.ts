// `sqlite:PATH`: the embedded default. One process owns the file and works on it in its own thread: measured, a second
// thread pays only with a core to spare. The log is emptied in idle moments, so that commits seldom have to.

import { GatewayError } from '../core/errors.ts';
import type { OpenedStore, StoreDriver } from '../core/plugin.ts';
import type { Clock, Log } from '../core/ports.ts';
import { embed } from './embedded.ts';
import { isFull } from './grouped.ts';
import type { GroupPorts } from './grouped.ts';
import { openDatabase } from './sqlite/database.ts';
import { asFailure } from './sqlite/failures.ts';
import { Idle } from './sqlite/idle.ts';
import { Reserve } from './sqlite/reserve.ts';
import { SqliteRows } from './sqlite/rows.ts';

const SCHEME = 'sqlite';
/** More than the log ever holds, so that it can be moved into the file and its own space used again. */
const RESERVE_BYTES = 16 * 1024 * 1024;

export interface SqliteOptions {
  readonly path: string;
  /** Default 16 MB. */
  readonly reserveBytes?: number;
}

export function openSqlite(
  options: SqliteOptions,
  surroundings: { readonly clock: Clock; readonly log: Log },
): OpenedStore {
  const { path, reserveBytes = RESERVE_BYTES } = options;
  const { clock, log } = surroundings;
  try {
    const rows = new SqliteRows(openDatabase(path), path);
    try {
      const reserve = new Reserve({
        path: `${path}-reserve`,
        bytes: reserveBytes,
        clock,
        roomInside: () => rows.freeBytes(),
      });
      const checkpoint = (): boolean => {
        try {
          return rows.checkpoint();
        } catch {
          // A full disk, most likely; the log keeps everything until there is space.
          log.warn('store_checkpoint_failed');
          return false;
        }
      };
      const idle = new Idle(checkpoint, clock);
      const space = {
        admit: () => reserve.admit(),
        ranOut: () => {
          log.error('store_full');
          const freed = reserve.giveUp();
          return checkpoint() || freed;
        },
        committed: () => idle.committed(),
        closed: () => idle.stop(),
      };
      return openWith({ rows, space, asFailure }, surroundings);
    } catch (error) {
      rows.close();
      throw error;
    }
  } catch (error) {
    throw asFailure(error);
  }
}

/** What a dead process leaves behind is put in order first, which takes space: with the same second chance as later work. */
function openWith(ports: GroupPorts, surroundings: Parameters<typeof embed>[1]): OpenedStore {
  try {
    return embed(ports, surroundings);
  } catch (error) {
    if (!isFull(asFailure(error)) || !ports.space.ranOut()) throw error;
    return embed(ports, surroundings);
  }
}

export const sqlite: StoreDriver = {
  scheme: SCHEME,
  async open(address, surroundings) {
    const path = address.slice(SCHEME.length + 1);
    if (path === '' || path.includes('\0'))
      throw new GatewayError('config_invalid', 'the store address names no file; write `sqlite:PATH`');
    return openSqlite({ path }, surroundings);
  },
};
