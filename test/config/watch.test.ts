// Hot reload on real files: writes, renames, symlink swaps, bad files, and stopping.

import {
  mkdtempSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Problem } from '../../src/config/problems.ts';
import { watchConfig, type ConfigWatch } from '../../src/config/watch.ts';
import { load } from './marked.ts';

/** How often each file was read. */
const READS = new Map<string, number>();
const { readFile } = promises;
Object.assign(promises, {
  readFile: (path: string, encoding: 'utf8') => {
    READS.set(path, (READS.get(path) ?? 0) + 1);
    return readFile(path, encoding);
  },
});
syncBuiltinESMExports();

const file = (key: string): string =>
  `secrets: [{ id: k1, value: '\${SLUIS_SECRET}' }]\nsites: { shop: { writeKey: ${key} } }\n`;

interface Bench {
  readonly directory: string;
  readonly path: string;
  readonly keys: string[];
  readonly refused: (readonly Problem[])[];
  readonly watch: ConfigWatch;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('the condition never came');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function bench(t: ExecutionContext, prepare: (directory: string) => string, debounceMs = 20): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'sluis-watch-'));
  const path = prepare(directory);
  const keys: string[] = [];
  const refused: (readonly Problem[])[] = [];
  const watch = watchConfig(path, {
    load: (text) => load(text),
    current: file('first'),
    debounceMs,
    onSnapshot: (snapshot) => void keys.push(snapshot.sites[0]?.writeKey ?? ''),
    onRefused: (problems) => refused.push(problems),
  });
  t.teardown(() => {
    watch.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { directory, path, keys, refused, watch };
}

const plain = (directory: string): string => {
  const path = join(directory, 'gateway.yaml');
  writeFileSync(path, file('first'));
  return path;
};

test('a file that is written is loaded', async (t) => {
  const { path, keys } = bench(t, plain);
  writeFileSync(path, file('second'));
  await until(() => keys.includes('second'));
  t.is(keys.at(-1), 'second');
});

test('a file that is renamed into place is loaded, again and again', async (t) => {
  const { directory, path, keys } = bench(t, plain);
  for (const key of ['second', 'third', 'fourth']) {
    writeFileSync(join(directory, 'new'), file(key));
    renameSync(join(directory, 'new'), path);
    await until(() => keys.at(-1) === key);
  }
  t.deepEqual(keys, ['second', 'third', 'fourth']);
});

test('a file that is touched all the time is loaded all the same', async (t) => {
  const { path, keys } = bench(t, plain, 500);
  const busy = setInterval(() => utimesSync(path, new Date(), new Date()), 5);
  t.teardown(() => clearInterval(busy));
  writeFileSync(path, file('second'));
  await until(() => keys.includes('second'));
  t.deepEqual(keys, ['second']);
});

test('a store beside the file is written without the file being read', async (t) => {
  const { directory, path, keys } = bench(t, plain, 1);
  const seen = new Set<string | null>();
  const store = watch(directory, (_, name) => seen.add(name));
  t.teardown(() => store.close());
  for (let commit = 0; commit < 10; commit += 1)
    for (const name of ['sluis.db', 'sluis.db-wal']) {
      seen.clear();
      writeFileSync(join(directory, name), 'x');
      await until(() => seen.has(name));
    }
  t.is(READS.get(path), undefined);
  writeFileSync(path, file('second'));
  await until(() => keys.includes('second'));
  t.true((READS.get(path) ?? 0) > 0);
});

test('a link that leads through others is followed when any of them is swapped', async (t) => {
  const { directory, keys } = bench(t, (base) => {
    for (const name of ['releases', 'releases/one', 'releases/two']) mkdirSync(join(base, name));
    writeFileSync(join(base, 'releases', 'one', 'real.yaml'), file('first'));
    writeFileSync(join(base, 'releases', 'two', 'real.yaml'), file('second'));
    symlinkSync('releases/one/../one', join(base, 'current'));
    symlinkSync('current/real.yaml', join(base, 'gateway.yaml'));
    return join(base, 'gateway.yaml');
  });
  symlinkSync('./releases/two', join(directory, 'next'));
  renameSync(join(directory, 'next'), join(directory, 'current'));
  await until(() => keys.at(-1) === 'second');
  writeFileSync(join(directory, 'releases', 'two', 'real.yaml'), file('third'));
  await until(() => keys.at(-1) === 'third');
  t.deepEqual(keys, ['second', 'third']);
});

test('links that lead in a circle are a file that cannot be read', async (t) => {
  const { watch: circle } = bench(t, (base) => {
    symlinkSync('other.yaml', join(base, 'gateway.yaml'));
    symlinkSync('gateway.yaml', join(base, 'other.yaml'));
    return join(base, 'gateway.yaml');
  });
  t.is(await circle.reload(), 'refused');
});

test('a directory that is swapped behind links is seen, as Kubernetes mounts do it', async (t) => {
  const { directory, keys } = bench(t, (base) => {
    mkdirSync(join(base, '..one'));
    writeFileSync(join(base, '..one', 'gateway.yaml'), file('first'));
    symlinkSync('..one', join(base, '..data'));
    symlinkSync(join('..data', 'gateway.yaml'), join(base, 'gateway.yaml'));
    return join(base, 'gateway.yaml');
  });
  for (const [name, key] of [
    ['..two', 'second'],
    ['..three', 'third'],
  ] as const) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'gateway.yaml'), file(key));
    symlinkSync(name, join(directory, '..new'));
    renameSync(join(directory, '..new'), join(directory, '..data'));
    await until(() => keys.at(-1) === key);
  }
  t.deepEqual(keys, ['second', 'third']);
});

test('a link to a file elsewhere is followed', async (t) => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'sluis-elsewhere-'));
  t.teardown(() => rmSync(elsewhere, { recursive: true, force: true }));
  const target = join(elsewhere, 'real.yaml');
  writeFileSync(target, file('first'));
  const { keys } = bench(t, (directory) => {
    symlinkSync(target, join(directory, 'gateway.yaml'));
    return join(directory, 'gateway.yaml');
  });
  writeFileSync(target, file('second'));
  await until(() => keys.includes('second'));
  t.is(keys.at(-1), 'second');
});

test('a bad file is refused and the next good one is taken', async (t) => {
  const { path, keys, refused } = bench(t, plain);
  writeFileSync(path, 'sites: [');
  await until(() => refused.length > 0);
  t.deepEqual(keys, []);
  t.true(refused[0]?.some((each) => each.code === 'yaml-syntax'));
  writeFileSync(path, file('second'));
  await until(() => keys.includes('second'));
  t.is(keys.at(-1), 'second');
});

test('a file that goes away is refused', async (t) => {
  const { path, keys, refused } = bench(t, plain);
  rmSync(path);
  await until(() => refused.length > 0);
  t.is(refused[0]?.[0]?.code, 'file-unreadable');
  t.deepEqual(keys, []);
});

test('asked to, it reads at once and also what did not change', async (t) => {
  const { keys, watch, path } = bench(t, plain);
  t.is(await watch.reload(), 'ok');
  t.deepEqual(keys, ['first']);
  writeFileSync(path, 'nothing: good');
  t.is(await watch.reload(), 'refused');
});

test('other files of the directory and a touch change nothing', async (t) => {
  const { directory, path, keys, refused } = bench(t, plain);
  writeFileSync(join(directory, 'other'), 'x');
  writeFileSync(path, file('first'));
  writeFileSync(path, file('second'));
  await until(() => keys.length > 0);
  t.deepEqual(keys, ['second']);
  t.deepEqual(refused, []);
});

test('closed, it tells nothing any more', async (t) => {
  const { path, keys, watch } = bench(t, plain);
  const reading = watch.reload();
  watch.close();
  t.is(await reading, 'unchanged');
  writeFileSync(path, file('second'));
  t.is(await watch.reload(), 'unchanged');
  t.deepEqual(keys, []);
});
