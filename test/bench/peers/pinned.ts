// A helper process on a core of its own that answers one message with one message, in turn: the load generator and the mock
// vendor. Both share a core, and how busy they kept it says whether they held the servers up.

import { spawn } from 'node:child_process';
import { cpuUs } from '../process.ts';

export interface Pinned<Ask, Answer> {
  ask(message: Ask): Promise<Answer>;
  /** CPU time of all its threads so far, in microseconds. */
  cpuUs(): number;
  stop(): Promise<void>;
}

export function startPinned<Ask extends object, Answer>(file: string, core: number): Pinned<Ask, Answer> {
  const child = spawn('taskset', ['-c', String(core), process.execPath, file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    ask: (message) =>
      new Promise((resolve, reject) => {
        const ended = (code: number | null): void => reject(new Error(`${file} ended with ${code}`));
        child.once('exit', ended);
        child.once('message', (answer) => {
          child.off('exit', ended);
          resolve(answer as Answer); // each file answers as its own controller says
        });
        child.send(message);
      }),
    cpuUs: () => cpuUs(child.pid ?? 0),
    stop: () => {
      child.disconnect();
      return gone;
    },
  };
}

/** The other side: answers each message with what `answer` makes of it, and ends with whoever asks. */
export function answerMessages(answer: (message: unknown) => unknown): void {
  process.once('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    void Promise.resolve(answer(message)).then((made) => process.send?.(made));
  });
}
