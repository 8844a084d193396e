// An upload of rrweb explained: which ids became what, and the request that would leave, without the secret that signs it.

import test from 'ava';
import { explainContext } from '../../../src/app.ts';
import type { ExplainContext } from '../../../src/explain.ts';
import { explain } from '../../../src/explain.ts';
import { Secret } from '../../../src/core/secret.ts';
import { rrweb } from '../../../src/recording/rrweb.ts';
import { NOW, destination, disclosure, notice, site, snapshot as config } from '../../support/snapshot.ts';
import { element, envelope, page, snapshot, text } from './page.ts';

const context: ExplainContext = {
  ...explainContext(
    config({
      sites: [site({ consent: ['record'], cookies: false })],
      notices: [notice({ discloses: { replay: disclosure({ purposes: ['recording'] }) } })],
      destinations: [
        destination({
          name: 'replay',
          type: 'http',
          audience: 'own',
          system: 'site',
          requires: ['recording'],
          settings: {
            url: 'https://hooks.shop.example/recordings',
            secret: new Secret('hook-secret'),
            headers: {},
            batch: 100,
            recordings: { text: 'strict', events: [] },
          },
        }),
      ],
    }),
  ),
  formats: [rrweb],
};
const record = context.records.issue({
  id: 'record-1',
  site: 'shop',
  notice: '2026-05',
  givenAt: NOW - 60_000,
  purposes: { recording: true },
});

test('an upload is explained with the signed request that would leave', (t) => {
  const events = [snapshot(page(element(10, 'p', {}, [text(11, 'Feste Schuhe')])))];
  const line = {
    receivedAt: new Date(NOW).toISOString(),
    http: {
      method: 'POST',
      path: '/v1/recordings',
      headers: { origin: 'https://shop.example', cookie: `sluis_consent=${record}` },
      body: JSON.stringify(envelope({ anonymousId: 'anon-1f0c', events })),
    },
  };
  const [decision] = explain(line, context, NOW)[0]?.decisions ?? [];
  t.like(decision, { destination: 'replay', verdict: 'forward' });
  t.deepEqual(
    decision?.treatments.map(({ path, rule, treatment }) => [path, rule, treatment]),
    [
      ['ids.site.anonymous_id', 'kind_default', 'pseudonymise'],
      ['ids.site.session_id', 'kind_default', 'pseudonymise'],
      ['recording.text', 'page_text', 'replace'],
    ],
  );
  const [request] = decision?.requests ?? [];
  t.like(request, { method: 'POST', url: 'https://hooks.shop.example/recordings' });
  t.is(request?.headers['x-sluis-signature'], '***');
  t.true(request?.body?.includes('***** ******'));
  t.false(/hook-secret|anon-1f0c|Schuhe/.test(JSON.stringify(decision)));
});
