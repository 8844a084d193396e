// What browser clients ask for before they send: Segment's settings and RudderStack's source configuration. Both say that the
// gateway is the only destination, so that the client loads nothing else and reports to nobody else.

import type { Answer, IntakeDocument, IntakeRequest } from '../../core/plugin.ts';
import { json } from '../answer.ts';
import { decode, parsePairs } from '../query.ts';
import { writeKeys } from './keys.ts';

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

const keysOf = (request: IntakeRequest, stated: string | null): readonly string[] =>
  writeKeys(request, parsePairs(request.query, request.limits), [stated]);

const keyOfPath = (path: string): string | null => decode(path.split('/')[3] ?? '');

/**
 * `apiHost` has to be there: without it the client sends to Segment itself. It is the host the browser asked, which is where the
 * page's own settings, if they name another, win. No `protocol`: behind a proxy it cannot be known, and the client takes https.
 * The answer is in no cache, where somebody else's `Host` could wait for other visitors.
 * `sampleRate` 0 keeps the client's own metrics from going to Segment.
 */
function settings(request: IntakeRequest, writeKey: string): Answer {
  const host = request.headers['host'] ?? '';
  return json({
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        ...(HOST.test(host) ? { apiHost: `${host}/v1` } : {}),
      },
    },
    plan: {},
    metrics: { sampleRate: 0 },
    remotePlugins: [],
  });
}

export const segmentSettings: IntakeDocument = {
  route: { method: 'GET', path: '/v1/projects/:writeKey/settings' },
  hints: (request) => ({ writeKeys: keysOf(request, keyOfPath(request.path)), tags: [] }),
  answer: (request, site) => settings(request, site.writeKey),
};

const sourceConfiguration = (path: string): IntakeDocument => ({
  route: { method: 'GET', path },
  hints: (request) => ({ writeKeys: keysOf(request, null), tags: [] }),
  answer: (request, site) =>
    json({
      source: {
        id: site.name,
        name: site.name,
        writeKey: site.writeKey,
        enabled: true,
        workspaceId: 'sluis',
        connections: [],
        destinations: [],
        dataplanes: {},
        config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      },
      updatedAt: new Date(request.receivedAt).toISOString(),
    }),
});

export const rudderStackSource: readonly IntakeDocument[] = ['/sourceConfig/', '/sourceConfig'].map(
  sourceConfiguration,
);
