// `sluis serve`: runs the gateway until it is asked to end.

import { startApp } from '../app.ts';
import type { App } from '../app.ts';
import type { Command, Io } from './command.ts';
import { EXIT, usageError } from './command.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
type Level = (typeof LEVELS)[number];
const SHOP_PORT = 8081;

function levelOf(value: string | boolean | undefined): Level {
  const level = LEVELS.find((each) => each === (value ?? 'info'));
  if (level === undefined) throw usageError(`--log-level takes one of ${LEVELS.join(', ')}`);
  return level;
}

function portOf(value: string | boolean | undefined): number {
  const port = Number(value ?? SHOP_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw usageError('--shop-port takes a port number');
  return port;
}

function announce(app: App, config: string, io: Io): void {
  if (app.shop === null) {
    io.err(
      `sluis runs on ${config}: events on port ${app.publicPort}, console and metrics on port ${app.adminPort}`,
    );
    return;
  }
  io.err('');
  io.err(`  Demo shop   ${app.shop}`);
  io.err(`  Console     http://localhost:${app.adminPort}/`);
  io.err(`  Gateway     http://localhost:${app.publicPort}/`);
  io.err('');
  io.err(
    '  Every vendor is a stand-in on this machine. Answer the banner, press a button, look at the console. Ctrl-C ends it.',
  );
  io.err('');
}

export const serve: Command = {
  name: 'serve',
  usage: '[--trial] [--shop-port PORT] [--log-level LEVEL]',
  summary: 'run the gateway (--trial: with a demo shop and stand-ins for every vendor)',
  most: 0,
  options: { trial: { type: 'boolean' }, 'shop-port': { type: 'string' }, 'log-level': { type: 'string' } },
  async run({ options, config }, io) {
    const trial = options['trial'] === true;
    const ended = io.ended();
    // Listened for before there is anything to reload: by itself the signal would end a gateway that is just starting.
    let early = false;
    let reload = (): void => void (early = true);
    io.onReload(() => reload());
    const app = await startApp({
      config,
      env: io.env,
      trial: trial ? { port: portOf(options['shop-port']) } : null,
      logLevel: levelOf(options['log-level'] ?? (trial ? 'warn' : undefined)),
      tell: (message) => io.err(message),
    });
    reload = () => void app.reload();
    if (early) reload();
    announce(app, config, io);
    await ended;
    await app.stop();
    return EXIT.ok;
  },
};
