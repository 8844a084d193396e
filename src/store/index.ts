// The registry of store drivers: one line each. The `store` setting begins with the scheme of one of them.

import { GatewayError } from '../core/errors.ts';
import type { OpenedStore, StoreDriver } from '../core/plugin.ts';
import type { Clock, Log } from '../core/ports.ts';
import { replicated, replicatedTls } from './jetstream.ts';
import { memory } from './memory.ts';
import { sqlite } from './sqlite.ts';

export const STORE_DRIVERS = [
  memory,
  sqlite,
  replicated,
  replicatedTls,
] as const satisfies readonly StoreDriver[];

/** The driver that an address names, or null. */
export const driverOf = (address: string): StoreDriver | null =>
  STORE_DRIVERS.find(({ scheme }) => address.startsWith(`${scheme}:`)) ?? null;

export async function openStore(
  address: string,
  surroundings: { readonly clock: Clock; readonly log: Log },
): Promise<OpenedStore> {
  const driver = driverOf(address);
  if (driver !== null) return driver.open(address, surroundings);
  const schemes = STORE_DRIVERS.map(({ scheme }) => `\`${scheme}:\``).join(', ');
  throw new GatewayError(
    'config_invalid',
    `no store driver has the scheme of this address; write one of ${schemes}`,
  );
}
