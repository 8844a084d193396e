// Routing files for fault tests: a shop that one notice lets send to every destination named, all of them on loopback.

import type { Kind, Vendor } from './vendor.ts';

export interface Route {
  readonly vendor: Pick<Vendor, 'kind' | 'url'>;
  /** More settings, as YAML in braces writes them. */
  readonly with?: string;
}

export interface ShopOptions {
  readonly store: string;
  readonly routes: Readonly<Record<string, Route>>;
  /** Destinations that the notice does not name. */
  readonly undisclosed?: readonly string[];
  /** YAML of the list. Default: one secret. */
  readonly secrets?: string;
  /** Port of the admin listener. Default: a free one. */
  readonly adminPort?: number;
  /** Default: 0. */
  readonly workers?: number;
}

const SETTINGS: Readonly<Record<Kind, (url: string) => string>> = {
  http: (url) =>
    `type: http, url: "https://hooks.shop.example/events", secret: "\${VENDOR_SECRET}", requires: [analytics], endpoint: "${url}"`,
  meta: (url) =>
    `type: meta, pixelId: '1000000000000001', accessToken: "\${VENDOR_SECRET}", endpoint: "${url}"`,
  ga4: (url) =>
    `type: ga4, transport: mp, measurementId: G-TEST00001, apiSecret: "\${VENDOR_SECRET}", endpoint: "${url}"`,
};

export function shop(options: ShopOptions): string {
  const { store, routes, undisclosed = [], secrets, adminPort = 0, workers = 0 } = options;
  const names = Object.keys(routes).filter((name) => !undisclosed.includes(name));
  return `
server: { listen: 127.0.0.1:0, admin: 127.0.0.1:${adminPort}, allowPrivateEndpoints: true, workers: ${workers} }
store: ${JSON.stringify(store)}
secrets: ${secrets ?? '[{ id: k1, value: "${SLUIS_SECRET}" }]'}
controller: { name: Shop BV, contact: privacy@shop.example }
sites:
  shop:
    writeKey: shop-web
    serverKeys: ["\${SHOP_SERVER_KEY}"]
    origins: ["https://shop.example"]
    cookies: true
    sensitive: [/account/**]
notices:
  - id: '2026-01'
    from: 2020-01-01T00:00:00Z
    discloses: { ${names.map((name) => `${name}: [analytics, marketing]`).join(', ')} }
destinations:
${Object.entries(routes)
  .map(([name, route]) => `  ${name}: { ${described(route)} }`)
  .join('\n')}
`;
}

const described = ({ vendor, with: more }: Route): string =>
  [SETTINGS[vendor.kind](vendor.url), more].filter((part) => part !== undefined).join(', ');
