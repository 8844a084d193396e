// Between a worker and the owner of the store: calls of one moment cross together, answers find their calls, what waits is bounded,
// and a no is answered only when every other worker is in step.

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import type { Admission } from '../../src/core/ports.ts';
import type { Piece } from '../../src/store/carried.ts';
import { CallServer } from '../../src/workers/calls.ts';
import type { CallPorts } from '../../src/workers/calls.ts';
import { OutboxClient } from '../../src/workers/client.ts';
import { admission, event } from '../store/admissions.ts';

type Taken = (
  admissions: readonly Admission[],
  bytes: number,
) => Promise<{ accepted: number; duplicates: number }>;

interface Bench {
  readonly client: OutboxClient;
  /** What crossed to the owner, and the number of answers that came back. */
  readonly crossed: (readonly Piece[])[];
  readonly answers: { count: number };
  /** What happened, in order. */
  readonly told: string[];
}

/** A client and what serves it, with copies between them as between threads. */
function connect(over: Partial<CallPorts> & { accept?: Taken; waitingBytes?: number } = {}): Bench {
  const [crossed, told, answers]: [(readonly Piece[])[], string[], { count: number }] = [
    [],
    [],
    { count: 0 },
  ];
  const outbox = {
    accept: over.accept ?? (async (admissions) => ({ accepted: admissions.length, duplicates: 0 })),
    deny: async (subjects: readonly string[]) => void told.push(`denied ${subjects.join()}`),
  };
  const server = new CallServer({
    outbox,
    readiness: async () => ['store_full'],
    inStep: async () => void told.push('in step'),
    saidCount: () => 0,
    answer: (done, others) => {
      answers.count += 1;
      client.answered(structuredClone(done), structuredClone(others));
    },
    ...over,
  });
  const client = new OutboxClient({
    waitingBytes: over.waitingBytes ?? 1_000_000,
    post: (pieces) => {
      crossed.push(pieces);
      setImmediate(() => server.serve(structuredClone(pieces)));
    },
  });
  return { client, crossed, told, answers };
}

test('what is called in one moment crosses in one message, and so do the answers', async (t) => {
  const { client, crossed, answers } = connect();
  const [one, two, none] = await Promise.all([
    client.accept([admission()], 100),
    client.accept([admission(), admission()], 100),
    client.accept([], 100),
  ]);
  t.deepEqual([one.accepted, two.accepted, none.accepted], [1, 2, 0]);
  t.is(crossed.length, 1);
  t.is(answers.count, 1);
});

test('what comes while some is under way makes the next message; a no waits for nothing and takes it along', async (t) => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const asked: number[] = [];
  const accept: Taken = async (_admissions, bytes) => {
    asked.push(bytes);
    await gates[asked.length === 1 ? 0 : 1]?.promise;
    return { accepted: 1, duplicates: 0 };
  };
  const { client, crossed } = connect({ accept });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const first = client.accept([admission()], 1);
  await turn();
  const second = client.accept([admission()], 2);
  await turn();
  const third = client.accept([admission()], 3);
  await turn();
  t.is(crossed.length, 1);
  gates[0]?.resolve();
  await first;
  await turn();
  t.is(crossed.length, 2);
  t.deepEqual(asked, [1, 2, 3]);
  const fourth = client.accept([admission()], 4);
  await client.deny(['s1'], ['ga4'], 5);
  t.is(crossed.length, 3);
  t.deepEqual(asked, [1, 2, 3, 4]);
  gates[1]?.resolve();
  t.is((await Promise.all([second, third, fourth])).length, 3);
});

test('answers find their calls in whatever order they come', async (t) => {
  const last = Promise.withResolvers<void>();
  const accept: Taken = async ([one]) => {
    if (one?.events[0]?.dedupe === 'slow') await last.promise;
    return { accepted: 1, duplicates: one?.events[0]?.dedupe === 'slow' ? 1 : 0 };
  };
  const { client } = connect({ accept });
  const slow = client.accept([admission({ events: [event({ dedupe: 'slow' })] })]);
  t.is((await client.accept([admission()])).duplicates, 0);
  last.resolve();
  t.is((await slow).duplicates, 1);
});

async function refusal(t: ExecutionContext, error: Error): Promise<Error | undefined> {
  const { client } = connect({ accept: () => Promise.reject(error) });
  return t.throwsAsync(client.accept([admission()]));
}

test('a refusal arrives with code, message and time to wait', async (t) => {
  const refused = await refusal(t, new GatewayError('store_full', 'no room', { retryAfter: 7 }));
  t.true(refused instanceof GatewayError);
  t.like(refused, { code: 'store_full', message: 'no room', retryAfter: 7 });
});

test('a bug arrives as one: not as a refusal, and with its place', async (t) => {
  const bug = await refusal(t, new TypeError('not a function'));
  t.false(bug instanceof GatewayError);
  t.is(bug?.name, 'TypeError');
  t.regex(bug?.stack ?? '', /calls\.test\.ts:\d+/);
});

test('beyond the bytes that may wait it is overloaded, and takes again when they are answered', async (t) => {
  const gate = Promise.withResolvers<void>();
  const accept: Taken = async () => gate.promise.then(() => ({ accepted: 1, duplicates: 0 }));
  const { client, crossed } = connect({ accept, waitingBytes: 5000 });
  const first = client.accept([admission()], 9000); // alone it is taken, whatever its size
  const refused = await t.throwsAsync(client.accept([admission()], 1), { instanceOf: GatewayError });
  t.is(refused?.code, 'overloaded');
  gate.resolve();
  await first;
  t.is((await client.accept([admission()], 1)).accepted, 1);
  t.is(crossed.length, 2);
});

test('what cannot be written does not cross in half', async (t) => {
  const { client } = connect();
  const broken = admission({ events: [Object.assign(event(), { fields: null })] }); // a bug somewhere
  t.throws(() => void client.accept([broken]));
  t.is((await client.accept([admission()])).accepted, 1);
});

test('a no waits until others are in step, and again once it is known', async (t) => {
  let said = 0;
  const { client, told } = connect({ saidCount: () => (said += 1) });
  await Promise.all([client.deny(['s1', 's2'], ['ga4'], 5), client.deny(['s3'], ['ga4'], 5)]);
  t.deepEqual(told, ['in step', 'denied s1,s2', 'denied s3', 'in step']);
});

test('a no that changed nothing waits once; one for nobody or nothing does not cross', async (t) => {
  const { client, told, crossed } = connect();
  await client.deny(['s1'], ['ga4'], 5);
  t.deepEqual(told, ['in step', 'denied s1']);
  await client.deny([], ['ga4'], 5);
  await client.deny(['s1'], [], 5);
  t.is(crossed.length, 1);
});

test('readiness is that of the owner', async (t) => {
  t.deepEqual(await connect().client.ready<unknown>(), ['store_full']);
});
