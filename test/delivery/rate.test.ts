import test from 'ava';
import { Bucket } from '../../src/delivery/rate.ts';

const drain = (bucket: Bucket, now: number): number => {
  let taken = 0;
  while (taken < 10_000 && bucket.take(now) === 0) taken += 1;
  return taken;
};

test('no rate means no wait', (t) => {
  t.is(drain(new Bucket(0, 0), 0), 10_000);
});

test('one second holds as many as the rate says, however long it was idle', (t) => {
  const bucket = new Bucket(10, 0);
  t.is(drain(bucket, 0), 10);
  t.is(drain(bucket, 500), 5);
  t.is(drain(bucket, 3_600_000), 10);
});

test('it says how long until the next, and that is enough', (t) => {
  const bucket = new Bucket(3, 0);
  drain(bucket, 0);
  const wait = bucket.take(0);
  t.is(wait, 334);
  t.is(bucket.take(wait), 0);
});

test('less than one a second is possible', (t) => {
  const bucket = new Bucket(0.1, 0);
  t.is(bucket.take(0), 0);
  t.is(bucket.take(0), 10_000);
  t.is(bucket.take(10_000), 0);
});

test('a clock that stands still or goes back gives nothing away', (t) => {
  const bucket = new Bucket(1, 1000);
  t.is(bucket.take(1000), 0);
  t.is(bucket.take(0), 1000);
  t.is(bucket.take(500), 500);
});

test('a token given back can be taken again, and never makes more than there are', (t) => {
  const bucket = new Bucket(1, 0);
  t.is(bucket.take(0), 0);
  bucket.giveBack();
  bucket.giveBack();
  t.is(bucket.take(0), 0);
  t.is(bucket.take(0), 1000);
});
