// Reads the source: who imports whom, how large things are, and that every registry is complete.

import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import test from 'ava';
import { ERRORS } from '../src/core/errors.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Part → parts it may import. A file directly under src/ is a part of its own, by its name. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  core: [],
  intake: ['core'],
  consent: ['core'],
  policy: ['core'],
  detect: ['core'],
  destinations: ['core'],
  store: ['core'],
  observe: ['core'],
  console: ['core'],
  browser: ['core'],
  notice: ['core'],
  identity: ['core', 'detect'],
  recording: ['core', 'detect'],
  outbox: ['core'],
  ledger: ['core'],
  rights: ['core', 'outbox'],
  audience: ['core', 'outbox'],
  'pipeline.ts': ['core', 'consent', 'policy', 'detect', 'identity'],
  delivery: ['core', 'outbox', 'destinations/index.ts'],
  'rejudge.ts': ['core', 'policy', 'identity'],
  'recordingPipeline.ts': ['core', 'consent', 'policy', 'identity', 'pipeline.ts'],
  'visits.ts': ['core', 'identity/mac.ts', 'recordingPipeline.ts'],
  'recordings.ts': ['core', 'pipeline.ts', 'recordingPipeline.ts', 'rejudge.ts', 'visits.ts'],
  'accept.ts': ['core', 'pipeline.ts', 'rejudge.ts', 'outbox'],
  'tags.ts': [
    'core',
    'consent/merge.ts',
    'intake/ids.ts',
    'intake/query.ts',
    'pipeline.ts',
    'policy',
    'recordingPipeline.ts',
  ],
  'explainTags.ts': ['core', 'explain.ts', 'tags.ts'],
  'question.ts': ['core', 'intake/clock.ts'],
  'explain.ts': [
    'core',
    'pipeline.ts',
    'recordingPipeline.ts',
    'explainTags.ts',
    'question.ts',
    'destinations/index.ts',
    'delivery',
    'intake/index.ts',
    'consent/index.ts',
    'consent/merge.ts',
    'policy/grounds.ts',
    'http/site.ts',
    'http/upload.ts',
    'http/routes.ts',
    'http/cookies.ts',
  ],
  config: ['core', 'intake/index.ts', 'consent/index.ts', 'destinations/index.ts', 'store/index.ts'],
  http: ['core', 'intake', 'pipeline.ts', 'explain.ts', 'recording', 'console', 'notice'],
  workers: ['core', 'config/assets.ts', 'config/source.ts', 'outbox', 'store/carried.ts'],
  'publicSide.ts': [
    'core',
    'accept.ts',
    'config/assets.ts',
    'consent/index.ts',
    'consent/record.ts',
    'destinations/index.ts',
    'explain.ts',
    'http',
    'identity/pseudonym.ts',
    'intake/ids.ts',
    'intake/index.ts',
    'observe',
    'recording/index.ts',
    'recordings.ts',
    'surroundings.ts',
    'tags.ts',
    'visits.ts',
  ],
  'taking.ts': [
    'core',
    'config/running.ts',
    'delivery/forward.ts',
    'destinations/index.ts',
    'http',
    'observe',
    'outbox',
    'publicSide.ts',
    'surroundings.ts',
    'trial/trial.ts',
    'workers',
  ],
  'surroundings.ts': ['core'],
  cli: [
    'app.ts',
    'config',
    'core',
    'consent',
    'detect',
    'pipeline.ts',
    'rejudge.ts',
    'explain.ts',
    'notice',
    'ledger',
    'rights',
    'audience',
  ],
  trial: ['core', 'http'],
  'main.ts': ['cli'],
};

/** Composition roots, of the process and of a worker thread: they import everything. */
const ROOTS = new Set(['app.ts', 'worker.ts']);

/** `core/permitted.ts` is imported as a value by these only. */
const PERMITTED = /^(?:identity\/apply\.ts|store\/)/;
/** Checks of genuineness (`PermittedEvent.is`) are needed where events leave. */
const PERMITTED_CHECK = /^delivery\/send\.ts$/;

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('browser/'))
  .map((name) => name.replaceAll('\\', '/'));

const partOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? file) : file);

function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^'"]*?from\s+['"](\.[^'"]+)['"]/gms)];
  return found.map((match) => ({
    target: relative(SRC, resolve(SRC, dirname(file), match[2] ?? '')).replaceAll('\\', '/'),
    typeOnly: match[1] !== undefined,
  }));
}

test('every part imports only what the table allows', (t) => {
  const wrong: string[] = [];
  for (const file of files) {
    const part = partOf(file);
    if (ROOTS.has(part)) continue;
    const may = MAY[part];
    if (may === undefined) {
      wrong.push(`${file}: part \`${part}\` is not in the table`);
      continue;
    }
    for (const { target } of importsOf(file)) {
      const other = partOf(target);
      if (other !== part && !may.includes(other) && !may.includes(target))
        wrong.push(`${file} imports ${target}`);
    }
  }
  t.deepEqual(wrong, []);
});

test('formats of recordings share what is in recording/page, and nothing of one another', (t) => {
  const folderOf = (file: string): string | undefined => /^recording\/([^/]+)\//.exec(file)?.[1];
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => {
        const [from, to] = [folderOf(file), folderOf(target)];
        return from !== undefined && to !== undefined && to !== from && to !== 'page';
      })
      .map(({ target }) => `${file} imports ${target}`),
  );
  t.deepEqual(wrong, []);
});

test('imports name files that exist, with their ending', (t) => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => !existsSync(join(SRC, target)))
      .map(({ target }) => `${file} imports ${target}`),
  );
  t.deepEqual(wrong, []);
});

test('only identity/apply and the stores can make a permitted event', (t) => {
  const wrong = files.filter(
    (file) =>
      importsOf(file).some(({ target, typeOnly }) => target === 'core/permitted.ts' && !typeOnly) &&
      !PERMITTED.test(file) &&
      !PERMITTED_CHECK.test(file),
  );
  t.deepEqual(wrong, []);
  for (const file of files) {
    const text = readFileSync(join(SRC, file), 'utf8');
    if (file !== 'identity/apply.ts') t.false(text.includes('PermittedEvent.permit('), file);
    if (!file.startsWith('store/')) t.false(text.includes('PermittedEvent.revive('), file);
  }
});

test('only the composition root and config see clock, randomness and environment', (t) => {
  const pure =
    /^(?:core|intake|consent|policy|detect|identity|destinations|outbox|ledger|notice|recording)\//;
  const wrong = files.filter(
    (file) =>
      pure.test(file) &&
      /\bDate\.now\(|\bnew Date\(\)|Math\.random\(|process\.env|randomUUID\(|randomBytes\(|performance\.now/.test(
        readFileSync(join(SRC, file), 'utf8'),
      ),
  );
  t.deepEqual(wrong, []);
});

test('files stay small and have a purpose in their first line', (t) => {
  const wrong: string[] = [];
  for (const file of files) {
    const text = readFileSync(join(SRC, file), 'utf8');
    const lines = text.split('\n').length;
    if (lines > 300) wrong.push(`${file}: ${lines} lines`);
    if (!/^(?:#!.*\n)?(?:\/\/|\/\*)/.test(text)) wrong.push(`${file}: no opening comment`);
    if (/\/(?:utils?|helpers?|common|misc|manager)\.ts$/.test(`/${file}`))
      wrong.push(`${file}: name says nothing`);
  }
  t.deepEqual(wrong, []);
});

test('every error code is raised somewhere', (t) => {
  const texts = files
    .filter((file) => file !== 'core/errors.ts')
    .map((file) => readFileSync(join(SRC, file), 'utf8'));
  t.deepEqual(
    Object.keys(ERRORS).filter((code) => !texts.some((text) => text.includes(`'${code}'`))),
    [],
  );
});

test('the visible top level is the agreed one', (t) => {
  const agreed =
    /^(?:\..*|src|config|test|deploy|package\.json|package-lock\.json|tsconfig\.json|README\.md|LICENSE|node_modules|dist|data)$/;
  t.deepEqual(
    readdirSync(ROOT).filter((name) => !agreed.test(name)),
    [],
  );
});
