// `sluis check`: validates and lints the routing file, and tells each problem with its place and its reason.

import { loadFile } from '../config/file.ts';
import { formatProblems } from '../config/problems.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';

export const check: Command = {
  name: 'check',
  usage: '[FILE]',
  summary: 'validate and lint the routing file',
  options: { json: { type: 'boolean' }, trial: { type: 'boolean' } },
  run({ positionals, options, config }, io) {
    const path = positionals[0] ?? config;
    const trial = options['trial'] === true ? { trialSecret: 'a secret that stands in while checking' } : {};
    const { ok, problems } = loadFile(path, { env: io.env, ...trial });
    if (options['json'] === true) for (const problem of problems) io.out(JSON.stringify(problem));
    else if (problems.length > 0) io.out(formatProblems(problems, path));
    const errors = problems.filter((problem) => problem.severity === 'error').length;
    io.err(`${path}: ${errors} errors, ${problems.length - errors} warnings`);
    return Promise.resolve(ok && errors === 0 ? EXIT.ok : EXIT.findings);
  },
};
