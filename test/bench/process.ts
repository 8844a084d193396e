// Starts a server process pinned to a core, waits for the line with its port, and reads its CPU time from the scheduler.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Started {
  readonly port: number;
  readonly pid: number;
  /** CPU time of all its threads so far, in microseconds. */
  cpuUs(): number;
  /** Resident memory in MiB. */
  rssMb(): number;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Finds the port in a line of output; null: not this line. */
  readonly portIn: (line: string) => number | null;
}

const json = (line: string): number | null => {
  try {
    return (JSON.parse(line) as { port?: number }).port ?? null;
  } catch {
    return null;
  }
};
export const portInJson = json;

/** Sum over /proc/PID/task/*: the first number of schedstat is nanoseconds on a CPU. */
export const cpuUs = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000;
    } catch {
      return sum; // the thread ended while we looked
    }
  }, 0);

/** Its threads now. */
export const threadsOf = (
  pid: number,
): readonly { readonly tid: number; readonly name: string; readonly cpuUs: number }[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    try {
      const name = readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').trim();
      const [ns] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
      return [{ tid: Number(task), name, cpuUs: Number(ns) / 1000 }];
    } catch {
      return []; // the thread ended while we looked
    }
  });

const rssMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Of a file, in MiB; 0 if it is not there. */
export const sizeMb = (path: string): number =>
  (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / 2 ** 20;

async function portOf(child: ChildProcess, portIn: StartOptions['portIn']): Promise<number> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  return new Promise((resolve, reject) => {
    const heard: string[] = [];
    for (const stream of streams)
      createInterface({ input: stream }).on('line', (line) => {
        heard.push(line);
        const port = portIn(line);
        if (port !== null) resolve(port);
      });
    child.once('exit', (code) =>
      reject(new Error(`server ended with ${code}: ${heard.slice(-5).join(' | ')}`)),
    );
  });
}

export async function start(options: StartOptions, core: number | string): Promise<Started> {
  const args = ['-c', String(core), process.execPath, options.file, ...(options.args ?? [])];
  const child = spawn('taskset', args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const port = await portOf(child, options.portIn);
  const pid = child.pid ?? 0;
  return {
    port,
    pid,
    cpuUs: () => cpuUs(pid),
    rssMb: () => rssMb(pid),
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** Forwards and backwards by turns: what one case leaves behind for the next (a hot core, a log to write back) is nobody's alone. */
export const inTurn = <T>(cases: readonly T[], turn: number): readonly T[] =>
  turn % 2 === 0 ? cases : [...cases].reverse();

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
