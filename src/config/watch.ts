// Hot reload: reads the routing file again when it changes or when asked to, and keeps the last good one if the new one is
// refused. Watches the directory, not the file, so that renames of editors and symlink swaps of Kubernetes are seen, but attends
// only to names on the way to the file: a busy store may lie beside it.

import { readlinkSync, realpathSync, watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';
import type { Snapshot } from '../core/config.ts';
import type { LoadResult } from './load.ts';
import type { Problem } from './problems.ts';

export interface WatchOptions {
  /** Makes a snapshot of the text of the file; `loadConfig` with its options filled in. */
  readonly load: (text: string) => LoadResult;
  /** A new snapshot, with what is to be said about it; the next is read once it is in force. Not called when nothing changed. */
  readonly onSnapshot: (snapshot: Snapshot, problems: readonly Problem[]) => void | Promise<void>;
  /** The new file is not used; the last good one stays. */
  readonly onRefused: (problems: readonly Problem[]) => void;
  /** Text that is in force already. Default: none. */
  readonly current?: string;
  /** How long the file must be quiet. Default: 100. */
  readonly debounceMs?: number;
}

/** A file that is never quiet, because something touches it all the time, is not waited for any longer. */
const LONGEST_UNQUIET_MS = 1000;

/** As many links as Linux follows. */
const MOST_LINKS = 40;

export type Reload = 'ok' | 'refused' | 'unchanged';

export interface ConfigWatch {
  /** Reads now, also if the text is the same: secrets may have changed behind it. For SIGHUP. */
  reload(): Promise<Reload>;
  close(): void;
}

const unreadable: Problem = {
  code: 'file-unreadable',
  severity: 'error',
  message: 'the routing file cannot be read',
  line: 1,
  column: 1,
  path: '',
};

const failed: Problem = {
  ...unreadable,
  message: 'the routing file was read, but putting it in force failed',
};

/** The directory of the file, and that of the file behind it if it is a link. */
function directoriesOf(path: string): readonly string[] {
  const own = dirname(resolve(path));
  try {
    return [...new Set([own, dirname(realpathSync(path))])];
  } catch {
    return [own];
  }
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null; // no link, or not there yet
  }
}

/** Names of the file, of the directories it is in and of all links that lead to it; a change of another is none of the file. */
function namesTo(path: string): ReadonlySet<string> {
  const names = new Set<string>();
  const { root } = parse(resolve(path));
  let at = root;
  let rest = resolve(path).slice(root.length).split(sep);
  let links = 0;
  while (rest.length > 0 && links <= MOST_LINKS) {
    const [name = '', ...after] = rest;
    const here = join(at, name);
    const target = linkTarget(here);
    if (!['', '.', '..'].includes(name)) names.add(name);
    rest = target === null ? after : [...target.split(sep), ...after];
    if (target === null) at = here;
    else if (isAbsolute(target)) at = root;
    if (target !== null) links += 1;
  }
  return names;
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

/** Watches directories and follows when the link leads elsewhere. */
class Directories {
  #watchers: FSWatcher[] = [];
  #watched = '';
  #names: ReadonlySet<string> = new Set();
  readonly #path: string;
  readonly #changed: () => void;

  constructor(path: string, changed: () => void) {
    this.#path = path;
    this.#changed = changed;
  }

  refresh(): void {
    this.#names = namesTo(this.#path);
    const directories = directoriesOf(this.#path);
    if (directories.join('\0') === this.#watched) return;
    this.close();
    this.#watched = directories.join('\0');
    for (const directory of directories) this.#add(directory);
  }

  #add(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, (_, name) => {
        if (name === null || this.#names.has(name)) this.#changed();
      });
      watcher.on('error', () => {
        this.#watched = ''; // gone; the next refresh looks again
        watcher.close();
        this.#changed();
      });
      this.#watchers.push(watcher);
    } catch {
      this.#watched = ''; // cannot be watched now; reload() still works and tries again
    }
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    this.#watched = '';
  }
}

/** Reads and hands on, one at a time and in order, so that an older text never overtakes a newer one. */
class Reader {
  #last: string | null;
  #closed = false;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #path: string;
  readonly #options: WatchOptions;

  constructor(path: string, options: WatchOptions) {
    this.#path = path;
    this.#options = options;
    this.#last = options.current ?? null;
  }

  read(force: boolean): Promise<Reload> {
    const turn = this.#queue.then(() => this.#now(force));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #now(force: boolean): Promise<Reload> {
    const text = await readText(this.#path);
    if (this.#closed || (!force && text === this.#last)) return 'unchanged';
    this.#last = text;
    const result: LoadResult =
      text === null ? { ok: false, problems: [unreadable] } : this.#options.load(text);
    if (result.ok) await this.#options.onSnapshot(result.snapshot, result.problems);
    else this.#options.onRefused(result.problems);
    return result.ok ? 'ok' : 'refused';
  }

  close(): void {
    this.#closed = true;
  }
}

export function watchConfig(path: string, options: WatchOptions): ConfigWatch {
  const reader = new Reader(path, options);
  let timer: NodeJS.Timeout | null = null;
  let since = 0;
  let closed = false;
  const quiet = (): void => {
    timer = null;
    directories.refresh();
    reader.read(false).catch(() => options.onRefused([failed]));
  };
  const directories = new Directories(path, () => {
    const now = performance.now();
    if (timer === null) since = now;
    else if (now - since >= LONGEST_UNQUIET_MS) return;
    else clearTimeout(timer);
    timer = setTimeout(quiet, options.debounceMs ?? 100);
    timer.unref();
  });
  directories.refresh();
  return {
    reload: () => {
      if (!closed) directories.refresh();
      return reader.read(true);
    },
    close: () => {
      closed = true;
      reader.close();
      if (timer !== null) clearTimeout(timer);
      directories.close();
    },
  };
}
