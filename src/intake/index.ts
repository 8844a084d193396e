// The registry of intake protocols, and who answers a path. Adding a protocol is one file and one line here.

import type { IntakeDocument, IntakeProtocol, IntakeRoute } from '../core/plugin.ts';
import { gtag } from './gtag.ts';
import { measurementProtocol } from './measurementProtocol.ts';
import { segment } from './segment.ts';

export const INTAKE_PROTOCOLS = [
  segment,
  gtag,
  measurementProtocol,
] as const satisfies readonly IntakeProtocol[];

/** Who answers a request. */
export type RouteMatch =
  | { readonly kind: 'events'; readonly protocol: IntakeProtocol }
  | { readonly kind: 'document'; readonly protocol: IntakeProtocol; readonly document: IntakeDocument }
  /** The path is served, but by other methods. */
  | { readonly kind: 'other_method'; readonly allow: readonly string[] };

type Handler = Exclude<RouteMatch, { readonly kind: 'other_method' }>;
type Methods = Map<string, Handler>;

const exact = new Map<string, Methods>();
const patterns: { readonly segments: readonly string[]; readonly methods: Methods }[] = [];

function methodsOf(path: string): Methods {
  const segments = path.split('/');
  if (!segments.some((segment) => segment.startsWith(':'))) {
    const methods = exact.get(path) ?? new Map<string, Handler>();
    exact.set(path, methods);
    return methods;
  }
  const known = patterns.find((pattern) => pattern.segments.join('/') === path);
  if (known !== undefined) return known.methods;
  const methods: Methods = new Map();
  patterns.push({ segments, methods });
  return methods;
}

const register = (route: IntakeRoute, handler: Handler): void => {
  methodsOf(route.path).set(route.method, handler);
};

for (const protocol of INTAKE_PROTOCOLS as readonly IntakeProtocol[]) {
  for (const route of protocol.routes) register(route, { kind: 'events', protocol });
  for (const document of protocol.documents)
    register(document.route, { kind: 'document', protocol, document });
}

function matching(path: string): Methods | undefined {
  const methods = exact.get(path);
  if (methods !== undefined || path.length > 512) return methods;
  const parts = path.split('/');
  return patterns.find(
    ({ segments }) =>
      segments.length === parts.length &&
      segments.every((segment, index) =>
        segment.startsWith(':') ? parts[index] !== '' : segment === parts[index],
      ),
  )?.methods;
}

/** Looks up a path: exactly, then by the few patterns. Null: no protocol knows it. */
export function findRoute(method: string, path: string): RouteMatch | null {
  const methods = matching(path);
  if (methods === undefined) return null;
  return methods.get(method) ?? { kind: 'other_method', allow: [...methods.keys()] };
}
