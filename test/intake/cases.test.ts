// Every JSON file in a protocol's folder is a case: a request as a client sends it, and what has to come out of it. Of an event
// only the fields a case lists are compared, each of them whole.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ErrorCode } from '../../src/core/errors.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { ReceivedEvent } from '../../src/core/event.ts';
import type { SiteHints } from '../../src/core/plugin.ts';
import { INTAKE_PROTOCOLS } from '../../src/intake/index.ts';
import { context, protocolOf, request } from './requests.ts';

interface Case {
  readonly what: string;
  readonly request: {
    readonly method?: string;
    readonly path: string;
    readonly query?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly ip?: string;
  };
  readonly tags?: readonly string[];
  readonly context?: Parameters<typeof context>[0];
  readonly hints?: SiteHints;
  readonly events?: readonly Partial<ReceivedEvent>[];
  readonly rejected?: readonly {
    readonly index: number;
    readonly code: ErrorCode;
    readonly message?: string;
  }[];
  readonly answer?: { readonly status: number; readonly body: unknown };
  readonly error?: ErrorCode;
}

/** The case says what a field has to be; fields of a rejection it does not list are free. */
const listed = (whole: object, named: object): object =>
  Object.fromEntries(Object.keys(named).map((key) => [key, whole[key as keyof typeof whole]]));

for (const protocol of INTAKE_PROTOCOLS) {
  const folder = join(import.meta.dirname, protocol.name);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const it = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case;

    test(`${protocol.name}: ${it.what}`, (t) => {
      const asked = request(it.request);
      t.is(protocolOf(asked.method, asked.path)?.name, protocol.name);

      if (it.error !== undefined) {
        const error = t.throws(() => protocol.open(asked), { instanceOf: GatewayError });
        return t.is(error?.code, it.error);
      }
      const opened = protocol.open(asked);
      if (it.hints !== undefined) t.deepEqual(opened.hints, it.hints);
      const { events, rejected } = opened.read(context(it.context, it.tags));
      if (it.events !== undefined) {
        t.is(events.length, it.events.length);
        for (const [index, expected] of it.events.entries()) {
          const event = events[index];
          if (event !== undefined) t.deepEqual(listed(event, expected), expected);
        }
      }
      t.deepEqual(
        rejected.map((entry, index) => listed(entry, it.rejected?.[index] ?? entry)),
        it.rejected ?? [],
      );
      if (it.answer !== undefined) {
        const answer = protocol.answer({ accepted: events.length, rejected, request: asked });
        t.is(answer.status, it.answer.status);
        t.deepEqual(typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body, it.answer.body);
      }
      return undefined;
    });
  }
}
