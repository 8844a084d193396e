// Which site a request is about, as a table.

import test from 'ava';
import { Secret } from '../../src/core/secret.ts';
import { indexSites, resolveSite } from '../../src/http/site.ts';
import type { SiteEvidence } from '../../src/http/site.ts';
import { site } from '../support/snapshot.ts';

const SITES = [
  site(),
  site({
    name: 'blog',
    writeKey: 'blog-web',
    serverKeys: [new Secret('blog-server-key')],
    origins: ['https://www.blog.example', 'https://both.example'],
    tags: ['G-BLOG', 'G-BOTH'],
  }),
  site({
    name: 'help',
    writeKey: 'help-web',
    serverKeys: [],
    origins: ['https://help.example:8443', 'https://both.example'],
    tags: ['G-BOTH'],
  }),
];
const INDEX = indexSites(SITES);

interface Row {
  readonly is: string;
  readonly keys?: string[];
  readonly tags?: string[];
  readonly from?: Partial<Omit<SiteEvidence, 'hints'>>;
  /** `site`, `site by server`, or the code of the refusal. */
  readonly gives: string;
}

const SHOP = 'https://shop.example';
const ROWS: readonly Row[] = [
  { is: 'a write key from a server', keys: ['shop-web'], gives: 'shop' },
  { is: 'a write key from a listed origin', keys: ['shop-web'], from: { origin: SHOP }, gives: 'shop' },
  {
    is: 'a write key from an origin nobody lists',
    keys: ['shop-web'],
    from: { origin: 'https://evil.example' },
    gives: 'origin_not_allowed',
  },
  {
    is: "a write key from another site's origin",
    keys: ['shop-web'],
    from: { origin: 'https://www.blog.example' },
    gives: 'origin_not_allowed',
  },
  { is: 'an opaque origin', keys: ['shop-web'], from: { origin: 'null' }, gives: 'origin_not_allowed' },
  {
    is: 'an unknown key, whatever else is right',
    keys: ['nobody'],
    from: { origin: SHOP },
    gives: 'unknown_site',
  },
  { is: 'one known and one unknown key', keys: ['shop-web', 'nobody'], gives: 'unknown_site' },
  { is: 'keys of two sites', keys: ['shop-web', 'blog-web'], gives: 'unknown_site' },
  { is: 'the same key twice', keys: ['shop-web', 'shop-web'], gives: 'shop' },
  { is: 'an empty key is none', keys: [''], from: { origin: SHOP }, gives: 'shop' },
  { is: 'a server key', keys: ['shop-server-key'], gives: 'shop by server' },
  {
    is: 'a server key and the write key of its site',
    keys: ['shop-web', 'shop-server-key'],
    gives: 'shop by server',
  },
  {
    is: 'a server key of one site with the write key of another',
    keys: ['blog-web', 'shop-server-key'],
    gives: 'unknown_site',
  },
  {
    is: 'a server key in a page of the site proves nothing',
    keys: ['shop-server-key'],
    from: { origin: SHOP },
    gives: 'shop',
  },
  {
    is: 'a server key in a page of another site',
    keys: ['shop-server-key'],
    from: { origin: 'https://evil.example' },
    gives: 'origin_not_allowed',
  },
  { is: 'a listed tag', tags: ['G-ABC123'], gives: 'shop' },
  { is: 'a listed tag from a listed origin', tags: ['G-ABC123'], from: { origin: SHOP }, gives: 'shop' },
  {
    is: 'a listed tag from a foreign origin',
    tags: ['G-ABC123'],
    from: { origin: 'https://evil.example' },
    gives: 'origin_not_allowed',
  },
  {
    is: 'a tag nobody lists, from a listed origin',
    tags: ['G-OTHER'],
    from: { origin: SHOP },
    gives: 'shop',
  },
  { is: 'a tag nobody lists and nothing else', tags: ['G-OTHER'], gives: 'unknown_site' },
  { is: 'a tag of two sites', tags: ['G-BOTH'], gives: 'unknown_site' },
  {
    is: 'a tag of two sites from the origin of one',
    tags: ['G-BOTH'],
    from: { origin: 'https://www.blog.example' },
    gives: 'blog',
  },
  { is: 'tags that only one site lists together', tags: ['G-BOTH', 'G-BLOG'], gives: 'blog' },
  { is: 'tags of different sites', tags: ['G-ABC123', 'G-BLOG'], gives: 'unknown_site' },
  { is: "a key with another site's tag", keys: ['shop-web'], tags: ['G-BLOG'], gives: 'unknown_site' },
  { is: 'a listed origin alone', from: { origin: SHOP }, gives: 'shop' },
  {
    is: 'a foreign origin alone',
    from: { origin: 'https://evil.example', host: 't.shop.example' },
    gives: 'unknown_site',
  },
  { is: 'an origin of two sites', from: { origin: 'https://both.example' }, gives: 'unknown_site' },
  {
    is: 'an origin of two sites with a key',
    keys: ['help-web'],
    from: { origin: 'https://both.example' },
    gives: 'help',
  },
  { is: 'a referer on a listed origin', from: { referer: 'https://shop.example/a?b' }, gives: 'shop' },
  {
    is: 'a referer elsewhere',
    from: { referer: 'https://evil.example/', host: 't.shop.example' },
    gives: 'unknown_site',
  },
  { is: 'a referer that is no address', from: { referer: '%%%', host: 't.shop.example' }, gives: 'shop' },
  { is: "the site's own host", from: { host: 'shop.example:443' }, gives: 'shop' },
  { is: 'a host below the site', from: { host: 'Metrics.Shop.Example' }, gives: 'shop' },
  { is: 'a host beside the www of the site', from: { host: 't.blog.example' }, gives: 'blog' },
  { is: 'a host that only ends like the site', from: { host: 'notshop.example' }, gives: 'unknown_site' },
  { is: 'a host that is an address', from: { host: '[::1]:80' }, gives: 'unknown_site' },
  { is: 'nothing at all', gives: 'unknown_site' },
  {
    is: 'an image of a page: no Origin, but a Referer and fetch metadata',
    tags: ['G-ABC123'],
    from: { fetchSite: 'cross-site', referer: 'https://shop.example/' },
    gives: 'shop',
  },
  {
    is: 'an image of a foreign page',
    tags: ['G-ABC123'],
    from: { fetchSite: 'cross-site', referer: 'https://evil.example/' },
    gives: 'origin_not_allowed',
  },
  {
    is: 'an image of a page that hides its Referer',
    tags: ['G-ABC123'],
    from: { fetchSite: 'cross-site' },
    gives: 'origin_not_allowed',
  },
  {
    is: 'the same on the very origin of the site',
    keys: ['help-web'],
    from: { fetchSite: 'same-origin', host: 'help.example:8443' },
    gives: 'help',
  },
  {
    is: 'same-origin with a host that is not the site',
    keys: ['help-web'],
    from: { fetchSite: 'same-origin', host: 'help.example' },
    gives: 'origin_not_allowed',
  },
  {
    is: 'an address typed into a browser',
    keys: ['shop-web'],
    from: { fetchSite: 'none' },
    gives: 'origin_not_allowed',
  },
];

for (const { is, keys = [], tags = [], from = {}, gives } of ROWS) {
  test(`${is}: ${gives}`, (t) => {
    const verdict = resolveSite(INDEX, {
      hints: { writeKeys: keys, tags },
      origin: null,
      referer: null,
      host: null,
      fetchSite: null,
      ...from,
    });
    const got =
      'refused' in verdict ? verdict.refused : verdict.site.name + (verdict.fromServer ? ' by server' : '');
    t.is(got, gives);
  });
}

test('a host longer than any name is no host', (t) => {
  const evidence = { hints: { writeKeys: [], tags: [] }, origin: null, referer: null, fetchSite: null };
  const verdict = resolveSite(INDEX, { ...evidence, host: `${'a.'.repeat(8000)}shop.example` });
  t.is('refused' in verdict ? verdict.refused : null, 'unknown_site');
});

test('names of object properties are neither keys nor tags', (t) => {
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const evidence = { origin: null, referer: null, host: name, fetchSite: null };
    t.true('refused' in resolveSite(INDEX, { ...evidence, hints: { writeKeys: [name], tags: [] } }));
    t.true('refused' in resolveSite(INDEX, { ...evidence, hints: { writeKeys: [], tags: [name] } }));
  }
});
