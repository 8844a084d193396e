// Every default of the routing file in one table, written as one would write it in the file. Lists and tables default to
// empty; other options that are not here have no default: they are either demanded or absent.

export const DEFAULTS = {
  server: {
    listen: '0.0.0.0:8080',
    admin: '127.0.0.1:9090',
    allowPrivateEndpoints: false,
    workers: 0,
    limits: {
      body: '4MB',
      event: '64KB',
      batchEvents: 2500,
      depth: 32,
      keys: 10_000,
      stringChars: 32_768,
      header: '16KB',
      requestTimeout: '10s',
      connections: 10_000,
      ratePerSecond: 0,
      rateBurst: 0,
    },
  },
  store: 'sqlite:data/sluis.db',
  pseudonyms: { period: '365d' },
  ledger: { keep: '400d' },
  site: {
    cookies: false,
    consent: ['record', 'tcf', 'gpp'],
    records: 'signed',
    children: false,
    csp: false,
  },
  consent: {
    maxAge: '365d',
    grace: '30m',
    undated: 'common',
  },
  destination: {
    enabled: true,
    whenDenied: 'block',
    onUncertain: 'settle',
    decides: false,
    timeout: '10s',
    concurrency: 4,
    rate: 0,
    retry: { for: '72h' },
    deadLetters: { keep: '30d' },
  },
} as const;
