// deploy/caddy/Caddyfile as a test runs it: on loopback, with a certificate that need not be fetched and without the listener by
// which Caddy is told to reload.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptedFile } from './adapted.ts';
import { NAME } from './front.ts';
import type { CommandLine, FrontKind } from './front.ts';

/** Before several gateways it asks each whether it is ready, as `health` says. */
export const caddyBefore = (others: readonly number[], health: string): FrontKind => ({
  name: 'caddy',
  write({ folder, written, gateway, http, https, certificate, key }) {
    const file = join(folder, 'Caddyfile');
    const surroundings = ['admin off', 'default_bind 127.0.0.1', `http_port ${http}`, `https_port ${https}`];
    writeFileSync(
      file,
      adaptedFile('caddy/Caddyfile', [
        { from: '\tservers {', to: `\t${surroundings.join('\n\t')}\n\tservers {` },
        { from: '\theader Strict', to: `\ttls ${certificate} ${key}\n\theader Strict` },
      ]),
    );
    const env = {
      SLUIS_HOST: NAME,
      SLUIS_GATEWAY: [gateway, ...others].map((port) => `127.0.0.1:${port}`).join(' '),
      ...(health === '' ? {} : { SLUIS_HEALTH: health }),
      HOME: written,
      XDG_DATA_HOME: written,
      XDG_CONFIG_HOME: written,
    };
    const line = (command: string): CommandLine => ({
      args: [command, '--config', file, '--adapter', 'caddyfile'],
      env,
    });
    return { check: line('validate'), serve: line('run') };
  },
});

export const caddy = caddyBefore([], '');
