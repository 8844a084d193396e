// What servers say when they do not make a stream: what passes is worth another try, what does not is an error in the address.

import test from 'ava';
import { JetStreamApiError } from '@nats-io/jetstream';
import { GatewayError } from '../../src/core/errors.ts';
import { ensureStream } from '../../src/store/jetstream/ensureStream.ts';
import type { Streams } from '../../src/store/jetstream/ensureStream.ts';

const refusal = (code: number, err_code: number, description: string): JetStreamApiError =>
  new JetStreamApiError({ code, err_code, description });

/** Has no stream, and does not make one. */
function refusing(answer: JetStreamApiError): Streams {
  const missing = refusal(404, 10059, 'stream not found');
  const streams = {
    info: () => Promise.reject(missing),
    add: () => Promise.reject(answer),
    update: () => Promise.reject(answer),
  };
  return { streams };
}

const WANTED = { name: 'spool', subjects: ['spool.*'], num_replicas: 3 };

/** Error 10005 of nats-server 2.9 and 2.10 by description, and 10074. */
const REFUSALS: readonly (readonly [number, string, GatewayError['code'], RegExp])[] = [
  [
    10005,
    'no suitable peers for placement, peer offline',
    'store_unavailable',
    /start those that are missing/,
  ],
  [
    10005,
    'no suitable peers for placement, miscellaneous issue',
    'store_unavailable',
    /too few NATS servers/,
  ],
  [10005, 'no suitable peers for placement', 'store_unavailable', /too few NATS servers for 3 replicas/],
  [
    10005,
    'no suitable peers for placement, peer offline, insufficient storage',
    'config_invalid',
    /too little room/,
  ],
  [10005, 'no suitable peers for placement, insufficient storage', 'config_invalid', /too little room/],
  [
    10005,
    "no suitable peers for placement, tags not matched ['eu']",
    'config_invalid',
    /too few NATS servers/,
  ],
  [10074, 'replicas > 1 not supported in non-clustered mode', 'config_invalid', /too few NATS servers/],
];

for (const [code, description, expected, message] of REFUSALS)
  test(`refused with ${code}, ${description}: ${expected}`, async (t) => {
    const error = await t.throwsAsync(ensureStream(refusing(refusal(400, code, description)), WANTED), {
      instanceOf: GatewayError,
    });
    t.is(error.code, expected);
    t.regex(error.message, message);
  });
