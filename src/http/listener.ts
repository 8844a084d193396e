// A node:http server with its limits and a clean end: slow, oversized and unreadable requests get a problem document where
// one can still be sent, and closing waits for what is in flight, also for clients that have left.

import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Limits } from '../core/config.ts';
import { GatewayError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { HeaderList } from './answer.ts';
import { problem } from './errors.ts';

/** Longer than the idle time of common load balancers (60 s), so that they close first and lose no request. */
const KEEP_ALIVE_MS = 65_000;

export interface Listener {
  /** Resolves when connections are taken. */
  listen(): Promise<AddressInfo>;
  /** Null until listening. */
  readonly address: AddressInfo | null;
  /** Takes no more connections, lets requests in flight end, and cuts what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

export interface Place {
  readonly host: string;
  readonly port: number;
  /** Others of this process listen at the same port, and the system spreads connections over them. Default: false. */
  readonly shared?: boolean;
}

export interface ListenerOptions extends Place {
  readonly limits: Limits;
  /** What an answer to this request has to carry so that its page may read it. Default: nothing. */
  readonly besides?: (request: IncomingMessage) => HeaderList;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Handlers that have not ended yet: more than open connections, since an append goes on when its client has left. */
export class InFlight {
  #count = 0;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count === 0) for (const done of this.#waiting.splice(0)) done();
  }

  ended(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Codes of Node's parser and timers that have an answer of their own. */
const CLIENT_ERRORS: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'header_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'body_timeout',
};

/** A problem as raw bytes: there is no response object for a request that could not be read. */
function rawProblem(code: ErrorCode, besides: HeaderList): string {
  const message =
    code === 'bad_request' ? 'the request is not well-formed HTTP' : 'the request went over a limit';
  const { status, headers, body } = problem(new GatewayError(code, message));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  for (let at = 0; at < besides.length; at += 2) lines.push(`${besides[at]}: ${besides[at + 1]}\r\n`);
  const length = Buffer.byteLength(String(body));
  return `HTTP/1.1 ${status} Refused\r\n${lines.join('')}content-length: ${length}\r\nconnection: close\r\n\r\n${String(body)}`;
}

/** Only while no other answer is due on the connection, lest it be taken for that one. */
function mayAnswer(socket: Socket, last: Exchange | null): boolean {
  if (!socket.writable) return false;
  if (last === null || last.response.writableFinished) return true;
  return !last.request.complete && !last.response.headersSent && last.response.socket === socket;
}

function answerClientErrors(
  server: Server,
  connections: ReadonlyMap<Socket, Exchange | null>,
  besides: (request: IncomingMessage) => HeaderList,
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // The typing says Duplex; a server without TLS or upgrades hands out sockets.
    const connection = socket as Socket;
    const last = connections.get(connection) ?? null;
    if (error.code === 'ECONNRESET' || !mayAnswer(connection, last)) {
      connection.destroy();
      return;
    }
    // Of a request whose head has not been read nobody knows the page; one that was answered is not the one that failed.
    const known = last === null || last.response.writableFinished ? [] : besides(last.request);
    const code = CLIENT_ERRORS[error.code ?? ''] ?? 'bad_request';
    connection.end(rawProblem(code, known), () => connection.destroy());
  });
}

/** Resolves after `ms` or when `work` has, whichever comes first. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}

interface Running {
  readonly server: Server;
  readonly inFlight: InFlight;
  /** Open ones, each with the last that came by it. */
  readonly connections: ReadonlyMap<Socket, Exchange | null>;
}

async function closeServer({ server, inFlight, connections }: Running, deadlineMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Kept alive by a request that ended after `close`, or opened by a browser in advance and never used: Node leaves both.
  const closeUnused = (): void => {
    server.closeIdleConnections();
    for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy();
  };
  closeUnused();
  const sweep = setInterval(closeUnused, 25);
  await atMost(deadlineMs, Promise.all([closed, inFlight.ended()]));
  clearInterval(sweep);
  server.closeAllConnections();
  await closed;
}

/** Node's server with every limit it knows. */
function limitedServer(limits: Limits, take: RequestListener): Server {
  const timeout = limits.requestTimeoutMs;
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      requestTimeout: timeout,
      headersTimeout: timeout,
      connectionsCheckingInterval: Math.min(1000, Math.max(50, timeout / 4)),
      keepAliveTimeout: KEEP_ALIVE_MS,
      joinDuplicateHeaders: true,
      // Checked by the middleware, which can answer with a problem document.
      requireHostHeader: false,
    },
    take,
  );
  server.maxConnections = limits.connections;
  // The middleware decides: it refuses before the body is sent, or asks for it.
  server.on('checkContinue', take);
  server.on('checkExpectation', take);
  return server;
}

function addressOf(server: NetServer): AddressInfo | null {
  const bound = server.address();
  return typeof bound === 'string' ? null : bound;
}

function unavailable({ host, port, shared }: Place, cause: NodeJS.ErrnoException): GatewayError {
  if (shared === true && (cause.code === 'ENOTSUP' || cause.code === 'EINVAL'))
    return new GatewayError(
      'address_unavailable',
      'this system does not let several threads listen at one port; set `server.workers: 0`',
      { cause },
    );
  const why = cause.code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${cause.code ?? 'unknown'})`;
  return new GatewayError(
    'address_unavailable',
    `\`${host}:${port}\` ${why}; set another in the routing file under \`server\``,
    { cause },
  );
}

function listenOn(server: NetServer, place: Place): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void => reject(unavailable(place, cause));
    server.once('error', refuse);
    const { host, port, shared = false } = place;
    server.listen({ port, host, reusePort: shared }, () => {
      server.off('error', refuse);
      const bound = addressOf(server);
      if (bound !== null) resolve(bound);
    });
  });
}

export interface Reserved {
  readonly port: number;
  /** To be called once others listen there. */
  readonly release: () => void;
}

/**
 * Finds out the port at which several are to listen. A port that somebody else listens at is refused, which the system would not
 * do for those who share; one of the system's choice is held, lest it chooses it again for another.
 */
export async function reservePort(place: Place): Promise<Reserved> {
  const server = createNetServer();
  const { port } = await listenOn(server, { ...place, shared: place.port === 0 });
  if (place.port === 0) return { port, release: () => void server.close() };
  await new Promise((resolve) => server.close(resolve));
  return { port, release: () => undefined };
}

export function createListener(
  handler: RequestListener,
  inFlight: InFlight,
  options: ListenerOptions,
): Listener {
  const connections = new Map<Socket, Exchange | null>();
  let ending: Promise<void> | null = null;
  const server = limitedServer(options.limits, (request, response) => {
    if (connections.has(request.socket)) connections.set(request.socket, { request, response });
    if (ending !== null) response.setHeader('connection', 'close');
    handler(request, response);
  });
  server.on('connection', (socket: Socket) => {
    connections.set(socket, null);
    socket.once('close', () => connections.delete(socket));
  });
  answerClientErrors(server, connections, options.besides ?? (() => []));
  return {
    get address() {
      return addressOf(server);
    },
    listen: () => listenOn(server, options),
    close(deadlineMs) {
      ending ??= server.listening
        ? closeServer({ server, inFlight, connections }, deadlineMs)
        : Promise.resolve();
      return ending;
    },
  };
}
