// walkerOS behind the front: its collector with one API destination that requires `analytics`, set up as its documentation and
// typings say. Consent comes with each event, because one collector serves all visitors. Options come as JSON in the arguments.

import { peerModule } from './install.ts';
import type { Peer } from './front.ts';
import { serve } from './front.ts';

export interface WalkerOptions {
  /** Where the vendor takes events. */
  readonly url: string;
  /** Answer when the push has settled: `async: false` of its express source. Default: at once, as that source does. */
  readonly settled?: boolean;
  /** Bound of the events that wait for consent, at the destination. Default: its own, 1,000. */
  readonly queueMax?: number;
  /** Drop what has no consent before it reaches any destination: a source mapping that requires it. Default: no. */
  readonly gate?: boolean;
}

interface Collector {
  push(event: unknown, options?: object): Promise<{ readonly ok?: boolean }>;
  command(name: string): Promise<unknown>;
}

interface Packages {
  readonly startFlow: (config: object) => Promise<{ readonly collector: Collector }>;
  readonly destinationAPI: unknown;
}

const CONSENT = { analytics: true };

async function walker(options: WalkerOptions): Promise<Peer> {
  const { startFlow } = (await peerModule('@walkeros/collector')) as Packages; // its typings
  const { destinationAPI } = (await peerModule('@walkeros/server-destination-api')) as Packages; // its typings
  const { collector } = await startFlow({
    // Events kept for destinations that are added later; none is. The least it takes.
    queueMax: 1,
    logger: { handler: () => undefined },
    destinations: {
      api: {
        code: destinationAPI,
        config: {
          consent: CONSENT,
          settings: { url: options.url, headers: { 'content-type': 'application/json' } },
          ...(options.queueMax === undefined ? {} : { queueMax: options.queueMax }),
        },
      },
    },
  });
  const pushed = options.gate ? { mapping: { consent: CONSENT } } : {};
  const push = (event: unknown): Promise<boolean> =>
    collector.push(event, pushed).then(
      ({ ok }) => ok !== false,
      () => false,
    );
  return {
    take(event, respond) {
      if (options.settled) {
        void push(event).then((ok) => respond(ok ? 200 : 500));
        return;
      }
      respond(200);
      void push(event);
    },
    close: () => collector.command('shutdown'),
  };
}

serve(await walker(JSON.parse(process.argv[2] ?? '') as WalkerOptions)); // written by subjects.ts
