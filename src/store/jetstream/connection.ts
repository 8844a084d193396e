// The one connection of a gateway to its NATS servers. It reconnects for ever and says since when it is or is not there; what
// cannot work whatever is waited for (bad credentials, unreadable files) is an error at start.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, credsAuthenticator, errors, nkeyAuthenticator } from '@nats-io/transport-node';
import type { Authenticator, NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { GatewayError } from '../../core/errors.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { Login, NatsAddress } from './address.ts';

export interface ConnectionState {
  readonly connected: boolean;
  /** Monotonic ms of the last change. */
  readonly since: number;
}

export interface Connection {
  /**
   * Does not echo: what is published here does not come to subscriptions of this connection (JetStream delivers it all the
   * same). What is published while it is cut off may be dropped without a word, and a request then waits for its timeout.
   */
  readonly nats: NatsConnection;
  state(): ConnectionState;
  /** Calls back at every change from now on; returns a stop function. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Sends what is under way, for two seconds at most. */
  close(): Promise<void>;
}

export interface ConnectionSurroundings {
  readonly clock: Clock;
  readonly log: Log;
}

/** One server's answer, at start and after a cut. A server that accepts and says nothing must not hold up the next one. */
const DIAL_MS = 2_000;
const RECONNECT_MS = 100;
/** Half of it on average, so that gateways do not come back in one wave. */
const JITTER_MS = 400;
/** A peer that is gone without a word is noticed after two of these without an answer. */
const PING_MS = 1_000;
const CLOSE_MS = 2_000;
/** Told with `store_unavailable`. */
export const RETRY_AFTER_S = 2;

const invalid = (message: string, cause?: unknown): GatewayError =>
  new GatewayError('config_invalid', message, { cause });

function contentOf(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw invalid(`the ${what} file \`${path}\` of the store address cannot be read`, cause);
  }
}

/** Reads the file again whenever it connects, because credentials are renewed; the last good ones stand in. */
function fromFile(file: string, what: 'creds' | 'nkey'): Authenticator {
  const make = (content: Uint8Array): Authenticator =>
    what === 'creds'
      ? credsAuthenticator(content)
      : nkeyAuthenticator(Buffer.from(Buffer.from(content).toString('latin1').trim()));
  const prove = (content: Uint8Array): Authenticator => {
    const authenticator = make(content);
    authenticator('a nonce to sign');
    return authenticator;
  };
  let good: Authenticator;
  try {
    good = prove(contentOf(file, what));
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw invalid(`the ${what} file \`${file}\` of the store address holds no usable seed`);
  }
  return (nonce) => {
    try {
      good = prove(readFileSync(file));
    } catch {
      // Half written or gone for a moment; what worked before is tried again.
    }
    return good(nonce);
  };
}

function loginOptions(login: Login): NodeConnectionOptions {
  switch (login.kind) {
    case 'none':
      return {};
    case 'token':
      return { token: login.token.reveal() };
    case 'password':
      return { user: login.user, pass: login.password.reveal() };
    default:
      return { authenticator: fromFile(login.file, login.kind) };
  }
}

/** Files are named, not read, because the client reads them at every connection: renewed certificates need no restart. */
function tlsOptions({ tls, ca, cert, key }: NatsAddress): NodeConnectionOptions {
  if (!tls) return {};
  for (const [what, file] of Object.entries({ ca, cert, key })) if (file !== null) contentOf(file, what);
  return {
    tls: {
      ...(ca === null ? {} : { caFile: ca }),
      ...(cert === null ? {} : { certFile: cert }),
      ...(key === null ? {} : { keyFile: key }),
    },
  };
}

const TLS_CODE = /^(?:ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_OSSL)/;

/** The client wraps some of what Node throws. */
const codeOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, 'code') ?? codeOf(error.cause)) : '';

/** Why no server let us in. The client's own messages may name users, so they stay in `cause`. */
function asStartFailure(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)
    return invalid('the NATS servers of the store address refuse its credentials', error);
  const code = codeOf(error);
  if (TLS_CODE.test(code)) return invalid(`TLS with the NATS servers of the store fails: ${code}`, error);
  if (error instanceof errors.ConnectionError && error.message.includes("support 'tls'"))
    return invalid('the NATS servers of the store do not speak TLS', error);
  return asUnavailable(error);
}

/** What a failed request means to whoever asked for it: `store_unavailable`, unless it says more already. */
export function asUnavailable(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('store_unavailable', 'the NATS servers of the store do not answer', {
    cause: error,
    retryAfter: RETRY_AFTER_S,
  });
}

export async function openConnection(
  address: NatsAddress,
  { clock, log }: ConnectionSurroundings,
): Promise<Connection> {
  let nats: NatsConnection;
  try {
    nats = await connect({
      ...loginOptions(address.login),
      ...tlsOptions(address),
      servers: [...address.servers],
      name: `sluis ${address.prefix}`,
      noEcho: true,
      timeout: DIAL_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: JITTER_MS,
      reconnectJitterTLS: JITTER_MS,
      // Credentials that are refused for a moment, while servers are set up anew, must not end the gateway.
      ignoreAuthErrorAbort: true,
      pingInterval: PING_MS,
      maxPingOut: 2,
    });
  } catch (error) {
    throw asStartFailure(error);
  }
  return follow(nats, { clock, log });
}

function follow(nats: NatsConnection, { clock, log }: ConnectionSurroundings): Connection {
  const listeners = new Set<(state: ConnectionState) => void>();
  let state: ConnectionState = { connected: true, since: clock.monotonic() };
  let closing: Promise<void> | null = null;
  const change = (connected: boolean): void => {
    if (state.connected === connected) return;
    const now = clock.monotonic();
    const ms = Math.round(now - state.since);
    state = { connected, since: now };
    if (closing === null) {
      if (connected) log.info('nats_connected', { ms });
      else log.warn('nats_disconnected', { ms });
    }
    for (const listener of listeners) listener(state);
  };
  const watch = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') change(false);
      else if (type === 'reconnect') change(true);
    }
    change(false);
  };
  void watch();
  return {
    nats,
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => (closing ??= closeBounded(nats)),
  };
}

async function closeBounded(nats: NatsConnection): Promise<void> {
  const timer = new AbortController();
  const late = pause(CLOSE_MS, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([nats.drain().catch(() => undefined), late]);
  timer.abort();
  await nats.close();
}
