// deploy/nginx/sluis.conf as a test runs it: within the main file that Debian ships, whose own logs it must not fall back on.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adapted, adaptedFile } from './adapted.ts';
import { NAME } from './front.ts';
import type { FrontKind, Places } from './front.ts';

const MAIN = '/etc/nginx/nginx.conf';

/** Where nginx may keep bodies and answers that do not fit into memory. */
export const BODIES = 'bodies';

/** A challenge of a certificate authority, and beside it a folder that nginx may not read. */
export const CHALLENGES = '/.well-known/acme-challenge';
export const TOKEN = 'made-up token';

const site = ({ written, folder, gateway, http, https, certificate, key }: Places): string =>
  adaptedFile('nginx/sluis.conf', [
    { from: 'server 127.0.0.1:8080;', to: `server 127.0.0.1:${gateway};` },
    { from: 'listen 80;', to: `listen 127.0.0.1:${http};` },
    { from: 'listen [::]:80;', to: `listen [::1]:${http};` },
    { from: 'listen 443 ', to: `listen 127.0.0.1:${https} ` },
    { from: 'listen [::]:443 ', to: `listen [::1]:${https} ` },
    { from: `/etc/letsencrypt/live/${NAME}/fullchain.pem`, to: certificate },
    { from: `/etc/letsencrypt/live/${NAME}/privkey.pem`, to: key },
    { from: '/var/log/nginx', to: written, times: 4 },
    { from: '/var/www/letsencrypt', to: join(folder, 'challenges') },
  ]);

const main = ({ written, folder }: Places): string =>
  adapted(readFileSync(MAIN, 'utf8'), [
    { from: '/run/nginx.pid', to: join(folder, 'nginx.pid') },
    { from: '/var/log/nginx', to: written, times: 2 },
    { from: 'include /etc/nginx/modules-enabled/*.conf;', to: 'daemon off;' },
    {
      from: 'include /etc/nginx/conf.d/*.conf;',
      to: ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((what) => `${what}_temp_path ${join(written, what === 'client_body' ? BODIES : what)};`)
        .join(' '),
    },
    { from: '/etc/nginx/sites-enabled/*', to: join(folder, 'site.conf') },
  ]);

export const nginx: FrontKind = {
  name: 'nginx',
  write(places) {
    const file = join(places.folder, 'nginx.conf');
    const challenges = join(places.folder, 'challenges', CHALLENGES);
    mkdirSync(challenges, { recursive: true });
    writeFileSync(join(challenges, 'token'), TOKEN);
    mkdirSync(join(challenges, 'locked'), { mode: 0o700 }); // workers run as somebody else
    writeFileSync(join(places.folder, 'site.conf'), site(places));
    writeFileSync(file, main(places));
    return { check: { args: ['-t', '-c', file] }, serve: { args: ['-c', file] } };
  },
};
