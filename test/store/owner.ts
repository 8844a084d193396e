// A process of its own over a store file, for tests that need a second owner or a victim.

import { GatewayError } from '../../src/core/errors.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { admission, quiet } from './admissions.ts';

const [path = '', mode = ''] = process.argv.slice(2);
/** A victim that nobody ends, ends itself. */
const MOST = 20_000;
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

try {
  const { store } = openSqlite({ path }, { clock, log: quiet });
  if (mode === 'open') process.stdout.write('opened\n');
  const most = mode === 'append' ? MOST : 0;
  process.stdout.on('error', () => process.exit(1));
  // Several at once, each told the moment it is acknowledged, until somebody ends it.
  const loop = async (lane: number): Promise<void> => {
    for (let count = 0; count < most; count += 1) {
      const id = `lane-${lane}-${count}`;
      await store.append([admission({ id })]);
      process.stdout.write(`${id}\n`);
    }
  };
  await Promise.all([0, 1, 2, 3].map(loop));
  await store.close();
} catch (error) {
  process.stdout.write(`${error instanceof GatewayError ? error.code : String(error)}\n`);
}
