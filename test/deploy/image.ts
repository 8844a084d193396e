// deploy/Dockerfile as data: its stages and what each does, for tests that check them or carry them out.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEPLOY } from './adapted.ts';

export interface Instruction {
  /** `RUN`, `COPY`, … */
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** Lines joined at a backslash, comments left out. */
function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line));
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (name === '') throw new Error(`not an instruction: ${line}`);
      return { name, text: rest };
    });
}

export function stagesOf(text: string): readonly Stage[] {
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    if (instruction.name === 'FROM') {
      const [base = '', , name = ''] = instruction.text.split(/\s+/);
      stages.push({ base, name, instructions: [] });
    } else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

export const imageStages = (): readonly Stage[] => stagesOf(readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8'));

/** What the last stage, which is the image, says under a name; the last if it says it several times. */
export const saidBy = (stage: Stage | undefined, name: string): string =>
  stage?.instructions.findLast((each) => each.name === name)?.text ?? '';

export interface Copy {
  /** Stage that it is copied from; null: the build's context. */
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly target: string;
}

export function copyOf(text: string): Copy {
  const words = text.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length) ?? null;
  const paths = words.filter((word) => !word.startsWith('--'));
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** `["node", "…"]` as the words of a command line. */
export const words = (text: string): readonly string[] => JSON.parse(text) as readonly string[]; // the exec form

/** The command that says whether a container is well. */
export const healthCommand = (stage: Stage | undefined): readonly string[] => {
  const said = saidBy(stage, 'HEALTHCHECK');
  return words(said.slice(said.indexOf('CMD ') + 4));
};
