// A follower that falls behind without noticing is seen by comparing with the leader, and one that only waits is left alone.

import test from 'ava';
import { LagWatch } from '../../src/store/jetstream/lag.ts';
import { until } from '../support/gateway.ts';

interface Scene {
  at: number;
  last: number;
  down: boolean;
  looks: number;
  lags: number;
}

function watched(): { readonly scene: Scene; readonly watch: LagWatch } {
  const scene: Scene = { at: 5, last: 5, down: false, looks: 0, lags: 0 };
  const ports = {
    at: () => scene.at,
    last: async () => {
      scene.looks += 1;
      if (scene.down) throw new Error('no answer');
      return scene.last;
    },
    lags: () => void (scene.lags += 1),
  };
  return { scene, watch: new LagWatch(ports, 5) };
}

const looks = (scene: Scene, more: number): Promise<void> => {
  const from = scene.looks;
  return until(`${more} looks`, () => scene.looks >= from + more);
};

test('what the leader has and did not come is a lag; nothing new, or something that came, is none', async (t) => {
  const { scene, watch } = watched();
  await looks(scene, 3);
  t.is(scene.lags, 0, 'nothing new');
  scene.last = 9;
  await until('a lag', () => scene.lags > 0);
  t.is(watch.behind, 4);
  scene.at = 9;
  const lags = scene.lags;
  await looks(scene, 3);
  t.true(scene.lags <= lags + 1, 'it came');
  t.is(watch.behind, 0);
  watch.stop();
});

test('while nobody answers nothing is said', async (t) => {
  const { scene, watch } = watched();
  scene.down = true;
  scene.last = 9;
  await looks(scene, 4);
  t.is(scene.lags, 0);
  watch.stop();
});
