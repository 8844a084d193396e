// The table of intake paths: an exact look-up for nearly all of them, a short list for those with `:name` segments.
// It is asked before the router because a router costs as much as the rest of Koa together.

import type { IntakeDocument, IntakeProtocol } from '../core/plugin.ts';

export interface IntakeHandler {
  readonly protocol: IntakeProtocol;
  /** Null for a path that carries events. */
  readonly document: IntakeDocument | null;
}

export interface IntakePath {
  readonly get: IntakeHandler | null;
  readonly post: IntakeHandler | null;
  /** Value of `Allow`. */
  readonly allow: string;
}

export type FindPath = (path: string) => IntakePath | null;

const PARAMETER = /^:\w+$/;

const allowOf = (get: IntakeHandler | null, post: IntakeHandler | null): string =>
  [...(get === null ? [] : ['GET', 'HEAD']), ...(post === null ? [] : ['POST']), 'OPTIONS'].join(', ');

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((part, index) => (PARAMETER.test(part) ? path[index] !== '' : part === path[index]))
  );
}

/** Throws if two protocols claim one path and method: that is a mistake in the registry. */
export function intakePaths(protocols: readonly IntakeProtocol[]): FindPath {
  const table = new Map<string, IntakePath>();
  const add = (path: string, method: 'GET' | 'POST', handler: IntakeHandler): void => {
    const known = table.get(path);
    const taken = method === 'GET' ? known?.get : known?.post;
    if (taken) throw new Error(`two intake protocols claim \`${method} ${path}\``);
    const get = method === 'GET' ? handler : (known?.get ?? null);
    const post = method === 'POST' ? handler : (known?.post ?? null);
    table.set(path, { get, post, allow: allowOf(get, post) });
  };
  for (const protocol of protocols) {
    for (const route of protocol.routes) add(route.path, route.method, { protocol, document: null });
    for (const document of protocol.documents)
      add(document.route.path, document.route.method, { protocol, document });
  }
  const patterns = [...table.entries()]
    .filter(([path]) => path.includes('/:'))
    .map(([path, entry]) => ({ parts: path.split('/'), entry }));
  return (path) => {
    const exact = table.get(path);
    if (exact !== undefined) return exact;
    if (patterns.length === 0) return null;
    const parts = path.split('/', 12);
    return patterns.find((pattern) => matches(pattern.parts, parts))?.entry ?? null;
  };
}
