// A token bucket per client address, bounded in number: the least recently seen client is forgotten first.

import { LRUCache } from 'lru-cache';
import { GatewayError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { addressKey } from './address.ts';

interface Bucket {
  tokens: number;
  at: number;
}

export interface Rate {
  /** 0 switches the limit off. */
  readonly ratePerSecond: number;
  readonly rateBurst: number;
}

export type RateLimiter = (address: string | null, rate: Rate) => void;

const MAX_CLIENTS = 50_000;

/** Throws `rate_limited` with the seconds after which the next request fits. Clients without an address share a bucket. */
export function rateLimiter(clock: Pick<Clock, 'monotonic'>): RateLimiter {
  const buckets = new LRUCache<string, Bucket>({ max: MAX_CLIENTS });
  return (address, { ratePerSecond, rateBurst }) => {
    if (ratePerSecond <= 0) return;
    const full = Math.max(rateBurst, 1);
    const key = address === null ? '' : addressKey(address);
    const now = clock.monotonic();
    const bucket = buckets.get(key) ?? { tokens: full, at: now };
    bucket.tokens = Math.min(full, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * ratePerSecond);
    bucket.at = now;
    buckets.set(key, bucket);
    if (bucket.tokens < 1) {
      const retryAfter = Math.ceil((1 - bucket.tokens) / ratePerSecond);
      throw new GatewayError('rate_limited', 'too many requests from this address', { retryAfter });
    }
    bucket.tokens -= 1;
  };
}
