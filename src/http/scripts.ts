// Scripts that pages of a site load from the gateway: the same for everybody, so that browsers keep them, and compressed once.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../core/plugin.ts';
import { headerOf } from './request.ts';

export interface Script {
  readonly path: string;
  readonly body: Uint8Array;
  /** How long a browser uses it without asking. */
  readonly maxAgeS: number;
}

const accepts = (header: string | null, coding: string): boolean =>
  (header ?? '').split(',').some((each) => {
    const [name = '', ...parameters] = each.split(';').map((part) => part.trim().toLowerCase());
    return name === coding && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });

/** What answers requests for one script. Its tag is weak: it names the script, compressed or not. */
export function scriptServer({ body, maxAgeS }: Script): (request: IncomingMessage) => Answer {
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const packed = gzipSync(body, { level: 9 });
  const shared = {
    etag,
    'cache-control': `public, max-age=${maxAgeS}`,
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
    vary: 'Origin, Accept-Encoding',
  };
  const headers = { ...shared, 'content-type': 'text/javascript; charset=utf-8' };
  return (request) => {
    const known = (headerOf(request, 'if-none-match') ?? '').split(',').map((each) => each.trim());
    if (known.includes(etag) || known.includes('*')) return { status: 304, headers: shared, body: null };
    return accepts(headerOf(request, 'accept-encoding'), 'gzip')
      ? { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: packed }
      : { status: 200, headers, body };
  };
}
