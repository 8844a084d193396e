// A publish counts as kept when the answer says under which number, and only then.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { publish } from '../../src/store/jetstream/publish.ts';

interface Answering {
  readonly ids: (string | undefined)[];
  publish(
    subject: string,
    payload: unknown,
    options?: { readonly msgID?: string },
  ): Promise<{ stream: string; domain: string; seq: number; duplicate: boolean }>;
}

/** Answers as many times with number 0, which is no number, then with 7; `stuck`: an id that never gets any other. */
function answering({ zeros, stuck = '' }: { zeros: number; stuck?: string }): Answering {
  const ids: (string | undefined)[] = [];
  return {
    ids,
    publish(_subject, _payload, { msgID } = {}) {
      ids.push(msgID);
      const seq = msgID === stuck || ids.length <= zeros ? 0 : 7;
      return Promise.resolve({ stream: 'spool', domain: '', seq, duplicate: msgID !== 'one again' });
    },
  };
}

const PUBLICATION = { subject: 'row', payload: 'x', id: 'one' };

test('an acknowledgement without a number is asked for again', async (t) => {
  const js = answering({ zeros: 2 });
  t.deepEqual(await publish(js, PUBLICATION, 5_000), { seq: 7, known: true, repeated: true });
  t.deepEqual(js.ids, ['one', 'one', 'one']);
});

test('where it never comes, nobody is told that the event is kept', async (t) => {
  const error = await t.throwsAsync(publish(answering({ zeros: Infinity }), PUBLICATION, 50), {
    instanceOf: GatewayError,
  });
  t.is(error.code, 'store_unavailable');
});

test('an id whose first came to nothing is given up for one that all agree on', async (t) => {
  const js = answering({ zeros: 0, stuck: 'one' });
  t.deepEqual(await publish(js, PUBLICATION, 8_000), { seq: 7, known: false, repeated: true });
  t.deepEqual([...new Set(js.ids)], ['one', 'one again']);
});
