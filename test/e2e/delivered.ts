// What the end-to-end tests look for at the vendors: the webhook's events, and requests that break a vendor's rules.

import type { ExecutionContext } from 'ava';
import { until } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';

export interface WebhookEvent {
  readonly key: string;
  readonly name: string;
  readonly type: string;
  readonly ids?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly consent: { readonly purposes: readonly string[] };
}

/** Events that the webhook took, one entry per delivery. */
export const webhookEvents = (gateway: Gateway): readonly WebhookEvent[] =>
  gateway
    .seen('http')
    .flatMap(({ body }) => (JSON.parse(body) as { readonly events: readonly WebhookEvent[] }).events); // as the destination writes it

export const namesAt = (gateway: Gateway): readonly string[] =>
  webhookEvents(gateway)
    .map(({ name }) => name)
    .sort();

/** Names of GA4 events, whatever number of them each request holds. */
export const ga4Names = (gateway: Gateway): readonly string[] =>
  gateway
    .seen('ga4')
    .flatMap(({ body, url }) =>
      url.startsWith('/mp/')
        ? (JSON.parse(body) as { readonly events: readonly { readonly name: string }[] }).events.map(
            ({ name }) => name,
          ) // as the destination writes it
        : [new URL(url, 'http://vendor.example').searchParams.get('en') ?? '', ...linesNames(body)],
    )
    .filter((name) => name !== '')
    .sort();

const linesNames = (body: string): readonly string[] =>
  body.split('\n').map((line) => new URLSearchParams(line).get('en') ?? '');

/** Waits until nothing is queued any more, and fails on whatever a vendor would have refused. */
export async function settled(t: ExecutionContext, gateway: Gateway): Promise<void> {
  await until('an empty queue', async () => {
    const answer = await fetch(`${gateway.admin}/api/stats`);
    const { store } = (await answer.json()) as {
      readonly store: {
        readonly destinations: Record<string, { readonly pending: number; readonly dead: number }>;
      };
    }; // as it answers
    return Object.values(store.destinations).every(({ pending }) => pending === 0);
  });
  const broken = gateway.seen().filter(({ problems }) => problems.length > 0);
  t.deepEqual(
    broken.map(({ vendor, method, url, problems }) => ({ vendor, method, url, problems })),
    [],
  );
}

/** Waits until the console tells of so many decisions, all of them refusals, and checks that no vendor heard anything. */
export async function nothingLeft(t: ExecutionContext, gateway: Gateway, decisions: number): Promise<void> {
  await until(`${decisions} decisions`, async () => (await gateway.decisions()).length >= decisions);
  const told = await gateway.decisions();
  t.deepEqual(
    told.filter(({ verdict }) => verdict !== 'block'),
    [],
  );
  await settled(t, gateway);
  t.deepEqual(gateway.seen(), []);
}
