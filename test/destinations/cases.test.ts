// Every JSON case of every destination type, that each type has cases of both kinds, and that what the exemplary ones send
// passes the vendors' documented rules.

import test from 'ava';
import type { VendorRequest } from '../../src/core/delivery.ts';
import { DESTINATION_TYPES } from '../../src/destinations/index.ts';
import { ga4 } from '../../src/trial/ga4Rules.ts';
import { hubspot, meta, webhook, x, type VendorCall, type VendorRules } from '../../src/trial/rules.ts';
import { buildCase, findCases, runCase } from './cases.ts';

for (const { type } of DESTINATION_TYPES) {
  const cases = findCases(type);
  test(`${type} has cases that document it and cases at its edges`, (t) => {
    t.true(cases.some(({ kind }) => kind === 'exemplary'));
    t.true(cases.some(({ kind }) => kind === 'edge'));
  });
  for (const found of cases) {
    test(`${type}/${found.kind}/${found.file}: ${found.content.shows}`, (t) => {
      runCase(t, found);
    });
  }
}

/** Signs as delivery would, as far as a stand-in looks. */
function call(request: VendorRequest, now: number): VendorCall {
  const url = new URL(request.url);
  const headers: Record<string, string> = { ...request.headers };
  let body = request.body ?? '';
  const { auth } = request;
  if (auth.type === 'query') url.searchParams.set(auth.name, auth.secret.reveal());
  if (auth.type === 'header') headers[auth.name] = auth.prefix + auth.secret.reveal();
  if (auth.type === 'oauth1') headers['authorization'] = 'OAuth …';
  if (auth.type === 'hmac') headers[auth.header] = `t=1,v1=${'0'.repeat(64)}`;
  if (auth.type === 'body') body = JSON.stringify({ ...JSON.parse(body), [auth.name]: auth.secret.reveal() });
  return { method: request.method, path: url.pathname, query: url.searchParams, headers, body, now };
}

const RULES: Readonly<Record<string, VendorRules>> = { ga4, hubspot, meta, x, http: webhook };
for (const [type, rules] of Object.entries(RULES)) {
  test(`${type}: every exemplary request holds to what the vendor documents`, (t) => {
    for (const { kind, file, content } of findCases(type)) {
      if (kind !== 'exemplary') continue;
      const { built, now } = buildCase({ type, content });
      for (const request of built.requests) {
        const verdict = rules(call(request, now));
        t.deepEqual(verdict.problems, [], file);
      }
    }
  });
}
