// Which first-party cookie holds which id, in every form in which it is written.

import test from 'ava';
import { readCookieIds } from '../../src/intake/ids.ts';
import { context } from './requests.ts';

const UUID = '0b5f8a52-6d3e-4c1a-9d7b-2f1e0c9a8b77';
const HEX32 = '9f0c1c0a6f2b4d7d8f2a1e3c5b7d9e0f';

for (const [cookie, value, name, id] of [
  ['_ga', 'GA1.1.1837402915.1763900001', 'ga.client_id', '1837402915.1763900001'],
  ['_ga_ABC123', 'GS1.1.1763900001.3.1.1763900009.0.0.0', 'ga.session_id', '1763900001'],
  ['_ga_ABC123', 'GS2.1.s1763900001$o3$g1$t1763900009$j0$l0$h0', 'ga.session_id', '1763900001'],
  ['_gcl_aw', 'GCL.1763900001.EAIaIQobChMI', 'google_ads.gclid', 'EAIaIQobChMI'],
  ['_gcl_aw', '2.1.kEAIaIQobChMI$i1763900001', 'google_ads.gclid', 'EAIaIQobChMI'],
  ['hubspotutk', HEX32, 'hubspot.utk', HEX32],
  ['__hstc', `1234.${HEX32}.1763900001.1763900001.1763900001.1`, 'hubspot.utk', HEX32],
  ['_clck', 'lrr4fn%5E2%5Eg1p%5E0%5E2100', 'clarity.user_id', 'lrr4fn'],
  ['_fbp', 'fb.1.1763900001000.1234567890', 'meta.fbp', 'fb.1.1763900001000.1234567890'],
  ['_twclid', '2-3abcdefghijklmnop', 'x.twclid', '2-3abcdefghijklmnop'],
  ['twclid', '2-3abcdefghijklmnop', 'x.twclid', '2-3abcdefghijklmnop'],
  ['_twclid', '%7B%22twclid%22%3A%222-3abcdefghijklmnop%22%7D', 'x.twclid', '2-3abcdefghijklmnop'],
  ['_epik', 'dj0yJnU9abcdef', 'pinterest.epik', 'dj0yJnU9abcdef'],
  ['_pk_id.1.1fff', '0123456789abcdef.1763900001.', 'matomo.visitor_id', '0123456789abcdef'],
  ['_sp_id.1fff', `${UUID}.1763900001.1.1763900001..`, 'snowplow.domain_user_id', UUID],
  ['ajs_anonymous_id', UUID, 'site.anonymous_id', UUID],
] as const)
  test(`${cookie}=${value} is ${name}`, (t) => {
    const found = readCookieIds(context({ idCookies: { [cookie]: [value] } }));
    t.deepEqual(
      found.filter((each) => each.name === name).map((each) => each.value),
      [id],
    );
  });
