// Real Chromium, the recorder as npm has it, the gateway, and a collector that keeps what it gets. Nothing typed and no planted id
// arrives, whatever the site had the recorder mask; the vendor's decoder reads all of it; and the vendor's player shows the same page.

import { join } from 'node:path';
import { noBrowser } from '../support/browser.ts';
import { needing } from '../support/skip.ts';
import { differences } from './browser/compare.ts';
import { viewsOf } from './browser/expand.ts';
import { found } from './browser/oracle.ts';
import { misplaced, play } from './browser/player.ts';
import { HARMLESS, LISTED, SECRETS } from './browser/secrets.ts';
import type { Upload } from './browser/site.ts';
import { WAYS, recorded } from './browser/visits.ts';
import type { Recorded, Way } from './browser/visits.ts';

const test = needing(noBrowser);

/** A folder for pictures of what the player shows. Default: none are taken. */
const pictures = process.env['SLUIS_PICTURES'];

const textsOf = (uploads: readonly Upload[]): string[] => uploads.map(({ text }) => text);
/** Numbers of the connection's own, which may begin as a card does. */
const OF_CONNECTION = new Set(['content-length', 'host']);
const besides = ({ path, headers }: Upload): string[] => [
  path,
  ...Object.entries(headers).flatMap(([name, value]) =>
    OF_CONNECTION.has(name) ? [] : [`${name}: ${String(value)}`],
  ),
];

/** `unexpected`: what the recorder told is not what the table says of it, so that its absence would prove nothing. */
function search({ sent, arrived, checksums }: Recorded, { mode, route }: Way) {
  const before = viewsOf(textsOf(sent), []);
  const after = viewsOf(textsOf(arrived), arrived.flatMap(besides));
  const unexpected: string[] = [];
  const leaked: string[] = [];
  for (const [index, [name, secret]] of SECRETS.entries()) {
    const checksum = checksums[index] ?? null;
    const told = found(secret, before, checksum);
    if (secret.told.includes(mode) !== told.length > 0) unexpected.push(`${name}: ${told.join()}`);
    if (secret.hidden?.includes(route) === false) continue;
    const left = found(secret, after, checksum);
    if (left.length > 0) leaked.push(`${name}: ${left.join()}`);
  }
  const words = [...LISTED, ...HARMLESS].filter((word) => after.texts.some((text) => text.includes(word)));
  return { unexpected, leaked, words };
}

for (const way of WAYS) {
  const { mode, route } = way;
  const name = `site ${mode}, route ${route}`;

  test(`${name}: nothing typed and no planted id arrives, and what is harmless does`, async (t) => {
    const words = mode !== 'strict' && route === 'balanced' ? [...LISTED, ...HARMLESS] : [...LISTED];
    t.deepEqual(search(await recorded(t, way), way), { unexpected: [], leaked: [], words });
  });

  test(`${name}: the decoder reads the same events, nodes, times and places`, async (t) => {
    const { sent, arrived } = await recorded(t, way);
    for (const [index, { text }] of sent.entries())
      t.deepEqual(differences(text, arrived[index]?.text ?? ''), [], `upload ${index}`);
  });

  test(`${name}: the player shows the same nodes at the same places`, async (t) => {
    const { sent, arrived } = await recorded(t, way);
    for (const page of [1, 2]) {
      const picture = (of: string): string | null =>
        pictures === undefined ? null : join(pictures, `${mode}-${route}-${page}-${of}.png`);
      const before = await play(t, { uploads: textsOf(sent), page, picture: picture('sent') });
      const after = await play(t, { uploads: textsOf(arrived), page, picture: picture('arrived') });
      t.deepEqual(after.errors, []);
      t.deepEqual(after.tags, before.tags);
      t.deepEqual(misplaced(before, after), []);
      t.true(Object.values(after.nodes).filter(({ box }) => box !== null && box[2] !== 0).length > 60);
    }
  });
}
