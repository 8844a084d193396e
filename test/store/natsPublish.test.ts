// A publish counts as kept when the answer says under which number, and only then.

import test from 'ava';
import { GatewayError } from '../../src/core/errors.ts';
import { publish } from '../../src/store/jetstream/publish.ts';

/** Answers with these numbers, one after the other, and with the last for ever. */
function answering(seqs: readonly number[], duplicate: boolean) {
  const left = [...seqs];
  const publications: string[] = [];
  return {
    publications,
    publish(subject: string) {
      publications.push(subject);
      const seq = left.length > 1 ? left.shift() : left[0];
      return Promise.resolve({ stream: 'spool', domain: '', seq: seq ?? 0, duplicate });
    },
  };
}

const PUBLICATION = { subject: 'row', payload: 'x', id: 'one' };

test('an acknowledgement without a number is asked for again', async (t) => {
  const js = answering([0, 0, 7], true);
  t.deepEqual(await publish(js, PUBLICATION, 5_000), { seq: 7, known: true, repeated: true });
  t.is(js.publications.length, 3);
});

test('and where it never comes, nobody is told that the event is kept', async (t) => {
  const error = await t.throwsAsync(publish(answering([0], true), PUBLICATION, 50), {
    instanceOf: GatewayError,
  });
  t.is(error.code, 'store_unavailable');
});
