// How commands come by a snapshot: from the routing file, with its problems on standard error, or from the built-in defaults
// where a command can do without one.

import { existsSync } from 'node:fs';
import { loadFile, loadText } from '../config/file.ts';
import type { LoadResult } from '../config/load.ts';
import { formatProblems } from '../config/problems.ts';
import type { Site, Snapshot } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { ReadContext } from '../core/plugin.ts';
import { recordKeeper } from '../consent/record.ts';
import { readContext } from '../pipeline.ts';
import type { Io } from './command.ts';

/** Stands in for `secrets` where a command only reads: nothing made with it leaves the process. */
const READ_ONLY_SECRET = 'a secret that commands use only for reading';

/** Loads the file; problems go to standard error. Throws `config_invalid` if it cannot be run. */
export function snapshotOf(path: string, io: Io): Snapshot {
  const result = loadFile(path, { env: io.env, trialSecret: READ_ONLY_SECRET });
  return take(result, path, io);
}

/** The same for a text that is not on disk. */
export function take(result: LoadResult, path: string, io: Io): Snapshot {
  const errors = result.problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) io.err(formatProblems(errors, path));
  if (!result.ok) throw new GatewayError('config_invalid', `\`${path}\` has errors`);
  return result.snapshot;
}

/** The routing file if it is there, else the built-in mapping without sites. */
export function snapshotOrDefault(path: string, io: Io): Snapshot {
  if (existsSync(path)) return snapshotOf(path, io);
  const site = 'sites: { any: { writeKey: any, origins: ["https://any.example"] } }';
  return take(loadText(path, site, { env: io.env, trialSecret: READ_ONLY_SECRET }), path, io);
}

/** The context for reading a signal that came from nowhere in particular: the first site's, whose sources it lists. */
export function readContextOf(snapshot: Snapshot, now: number): ReadContext {
  const site: Site | undefined = snapshot.sites[0];
  if (site === undefined) throw new GatewayError('config_invalid', 'the routing file has no sites');
  return readContext({ snapshot, site, records: recordKeeper(snapshot.secrets), now });
}
