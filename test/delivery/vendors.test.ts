// Vendors by their real names, without a socket: nock stands in for them, in a process of its own.

import test from 'ava';
import nock from 'nock';
import { Secret } from '../../src/core/secret.ts';
import { Sender } from '../../src/delivery/send.ts';
import { evenRandom, permitted, realClock, recordingLog, replyOf, request } from './support.ts';

const sender = (): Sender =>
  new Sender({
    destination: 'ga4',
    timeoutMs: 2000,
    connections: 2,
    // nock's socket has no public address; the guard has tests of its own.
    allowPrivate: true,
    clock: realClock,
    random: evenRandom,
    log: recordingLog().log,
  });

test.before(() => nock.disableNetConnect());
test.after.always(() => {
  nock.cleanAll();
  nock.restore();
});

test('a query secret and a JSON body arrive at the vendor as documented', async (t) => {
  const scope = nock('https://www.google-analytics.com', { badheaders: ['cookie', 'accept-encoding'] })
    .post('/mp/collect', { client_id: '1.2', events: [] })
    .query({ measurement_id: 'G-ABC123', api_secret: 'a secret' })
    .matchHeader('user-agent', 'sluis')
    .reply(204);
  const to = sender();
  const sent = await to.send(
    request({
      url: 'https://www.google-analytics.com/mp/collect?measurement_id=G-ABC123',
      body: '{"client_id":"1.2","events":[]}',
      auth: { type: 'query', name: 'api_secret', secret: new Secret('a secret') },
    }),
    [permitted('a')],
  );
  t.like(sent, { reply: { status: 204, body: '' } });
  t.true(scope.isDone());
  await to.close();
});

test('a throttled answer keeps its headers and body', async (t) => {
  nock('https://api.hubapi.com')
    .post('/events/v3/send/batch')
    .matchHeader('authorization', 'Bearer token')
    .reply(429, { category: 'RATE_LIMITS' }, { 'Retry-After': '10', 'X-HubSpot-RateLimit-Remaining': '0' });
  const to = sender();
  const sent = await to.send(
    request({
      url: 'https://api.hubapi.com/events/v3/send/batch',
      auth: { type: 'header', name: 'authorization', prefix: 'Bearer ', secret: new Secret('token') },
    }),
    [permitted('a')],
  );
  const reply = replyOf(sent);
  t.is(reply.status, 429);
  t.is(reply.body, '{"category":"RATE_LIMITS"}');
  t.is(reply.headers['retry-after'], '10');
  t.is(reply.headers['x-hubspot-ratelimit-remaining'], '0');
  await to.close();
});
