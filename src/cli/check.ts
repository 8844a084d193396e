// `sluis check`: validates and lints the routing file. Each problem goes out as a JSON line, and as text with its place and its
// reason to whoever reads messages; on a screen, where both would meet, as text only.

import { loadFile } from '../config/file.ts';
import { formatProblems } from '../config/problems.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export const check: Command = {
  name: 'check',
  usage: '[FILE] [--trial]',
  summary: 'validate and lint the routing file',
  most: 1,
  options: { trial: { type: 'boolean' } },
  run({ positionals, options, config }, io) {
    const path = positionals[0] ?? config;
    const trial = options['trial'] === true ? { trialSecret: 'a secret that stands in while checking' } : {};
    const { ok, problems } = loadFile(path, { env: io.env, ...trial });
    if (!io.terminal) for (const problem of problems) io.out(JSON.stringify(problem));
    if (problems.length > 0) io.err(formatProblems(problems, path));
    const errors = problems.filter((problem) => problem.severity === 'error').length;
    io.err(`${path}: ${counted(errors, 'error')}, ${counted(problems.length - errors, 'warning')}`);
    return Promise.resolve(ok && errors === 0 ? EXIT.ok : EXIT.findings);
  },
};
