// The shape of the `server` section: listeners, proxies and limits.

import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';
import { address, count, list, network, secret, size, span } from './values.ts';

const D = DEFAULTS;

const limits = z.strictObject({
  body: size.prefault(D.server.limits.body).describe('Largest body, after decompression.'),
  event: size.prefault(D.server.limits.event).describe('Largest single event.'),
  batchEvents: count(1, 100_000).default(D.server.limits.batchEvents).describe('Most events in one request.'),
  depth: count(4, 200).default(D.server.limits.depth).describe('Deepest nesting of a body.'),
  keys: count(10, 1_000_000).default(D.server.limits.keys).describe('Most keys and items in one body.'),
  stringChars: count(64, 10_000_000)
    .default(D.server.limits.stringChars)
    .describe('Longest string in an event.'),
  header: size.prefault(D.server.limits.header).describe('Largest request header.'),
  requestTimeout: span.prefault(D.server.limits.requestTimeout).describe('Time for a request to arrive.'),
  connections: count(1, 1_000_000).default(D.server.limits.connections).describe('Most open connections.'),
  ratePerSecond: count(0, 1_000_000)
    .default(D.server.limits.ratePerSecond)
    .describe('Requests per second and client address, as each worker counts them; 0: no limit.'),
  rateBurst: count(0, 1_000_000)
    .default(D.server.limits.rateBurst)
    .describe('Requests a client address may send at once before `ratePerSecond` counts.'),
});

export const server = z.strictObject({
  listen: address.prefault(D.server.listen).describe('Public listener.'),
  admin: address
    .prefault(D.server.admin)
    .describe('Console, metrics and admin API. Beyond loopback it needs `adminTokens`.'),
  adminTokens: list(secret(16)).default([]).describe('Bearer tokens that the admin listener takes.'),
  trustedProxies: list(network).default([]).describe('Networks whose X-Forwarded-For is believed.'),
  allowPrivateEndpoints: z
    .boolean()
    .default(D.server.allowPrivateEndpoints)
    .describe('May destinations resolve to private addresses?'),
  workers: count(0, 64)
    .default(D.server.workers)
    .describe(
      'Threads that read and judge events, beside the one that stores and delivers; 0: that one does it all.',
    ),
  limits: limits.prefault({}),
});
