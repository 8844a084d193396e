// `sluis check`: validates and lints the routing file. Each problem goes out as a JSON line, and as text with its place and its
// reason to whoever reads messages; on a screen, where both would meet, as text only. `--live` asks the store's servers too; nothing
// else connects.

import { inspectStore } from '../app.ts';
import { loadFile } from '../config/file.ts';
import { formatProblems } from '../config/problems.ts';
import type { Snapshot } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { StoreFinding } from '../core/plugin.ts';
import type { Command, Io } from './command.ts';
import { EXIT } from './command.ts';

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const tally = (findings: readonly { readonly severity: string }[]): string => {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return `${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')}`;
};
const hasErrors = (findings: readonly { readonly severity: string }[]): boolean =>
  findings.some(({ severity }) => severity === 'error');

/** What the servers refuse for good is a finding like any other; silence is not. */
async function findingsOf(snapshot: Snapshot): Promise<readonly StoreFinding[] | null> {
  try {
    return await inspectStore(snapshot);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'config_invalid') throw error;
    return [{ code: 'store-refused', severity: 'error', message: error.message }];
  }
}

/** Asks the store; true unless it finds an error. */
async function checkLive(snapshot: Snapshot, io: Io): Promise<boolean> {
  const findings = await findingsOf(snapshot);
  if (findings === null) {
    io.err('store: there are no servers to ask');
    return true;
  }
  for (const each of findings) {
    if (!io.terminal) io.out(JSON.stringify({ ...each, path: 'store' }));
    io.err(`store ${each.severity} ${each.code}  ${each.message}`);
  }
  io.err(`store: ${tally(findings)}`);
  return !hasErrors(findings);
}

export const check: Command = {
  name: 'check',
  usage: '[FILE] [--trial] [--live]',
  summary: 'validate and lint the routing file; --live: and ask the servers of its store',
  most: 1,
  options: { trial: { type: 'boolean' }, live: { type: 'boolean' } },
  async run({ positionals, options, config }, io) {
    const path = positionals[0] ?? config;
    const trial = options['trial'] === true ? { trialSecret: 'a secret that stands in while checking' } : {};
    const loaded = loadFile(path, { env: io.env, ...trial });
    const { problems } = loaded;
    if (!io.terminal) for (const problem of problems) io.out(JSON.stringify(problem));
    if (problems.length > 0) io.err(formatProblems(problems, path));
    io.err(`${path}: ${tally(problems)}`);
    const sound = loaded.ok && !hasErrors(problems);
    const live = !loaded.ok || options['live'] !== true || (await checkLive(loaded.snapshot, io));
    return sound && live ? EXIT.ok : EXIT.findings;
  },
};
