// Which consent records many clients present: a record belongs to one browser, so one that is seen from many was copied, or a
// server sends its own for everybody. Bounded, in memory only, by digests and ids of our own.

import { LRUCache } from 'lru-cache';
import type { RecordSharing } from '../core/ports.ts';

/** A browser that lost its ids comes as another client now and then; this many are not one person's. */
const FEW_CLIENTS = 5;
const MAX_RECORDS = 4096;

export function recordSharing(maxRecords = MAX_RECORDS): RecordSharing {
  const clients = new LRUCache<string, Set<string>>({ max: maxRecords });
  return {
    isShared(record, client) {
      let known = clients.get(record);
      if (known === undefined) clients.set(record, (known = new Set()));
      // one more than few is enough to know, so that no set grows
      if (known.size <= FEW_CLIENTS) known.add(client);
      return known.size > FEW_CLIENTS;
    },
  };
}
