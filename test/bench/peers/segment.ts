// A relay as people write it by hand: a route that looks at the consent that came along, in the place that Segment documents, and
// gives the event to Segment's Node library, which batches in memory and retries. Set to larger batches than its default of 15.

import { peerModule } from './install.ts';
import type { Peer } from './front.ts';
import { serve } from './front.ts';

interface Analytics {
  track(event: object): void;
  on(name: 'error', listener: () => void): void;
  closeAndFlush(options: { readonly timeout: number }): Promise<void>;
}

interface Package {
  readonly Analytics: new (settings: object) => Analytics;
}

interface Event {
  readonly context?: {
    readonly consent?: { readonly categoryPreferences?: { readonly analytics?: boolean } };
  };
}

async function segment(host: string): Promise<Peer> {
  const { Analytics } = (await peerModule('@segment/analytics-node')) as Package; // its typings
  const analytics = new Analytics({ writeKey: 'shop-web', host, flushAt: 100, flushInterval: 500 });
  analytics.on('error', () => undefined);
  return {
    take(event, respond) {
      const { context } = event as Event; // the load's own
      if (context?.consent?.categoryPreferences?.analytics === true) analytics.track(event as Event);
      respond(200);
    },
    close: () => analytics.closeAndFlush({ timeout: 1000 }),
  };
}

serve(await segment(process.argv[2] ?? ''));
