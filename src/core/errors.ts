// The one table of error codes that clients, operators and logs see, and the error that carries one. Messages never hold
// received values. Anything that is not a `GatewayError` is a bug and is shown as `internal`.

export interface ErrorEntry {
  /** HTTP status where the error reaches a client. */
  readonly status: number;
  readonly means: string;
}

export const ERRORS = {
  bad_request: { status: 400, means: 'this is not a request that the gateway can read' },
  unreadable_body: { status: 400, means: 'the body is not what this path takes' },
  unreadable_query: { status: 400, means: 'the query string cannot be decoded' },
  invalid_event: {
    status: 400,
    means: 'the event lacks a field that its type needs, or a field has the wrong type',
  },
  event_too_large: { status: 400, means: 'one event is larger than 64 KB' },
  too_deep: { status: 400, means: 'the body is nested too deeply or has too many keys' },
  invalid_consent: {
    status: 400,
    means: 'the consent record names a notice or purpose that the routing file does not have',
  },
  unknown_site: {
    status: 401,
    means: 'no site of this gateway has this key, tag or origin, or they disagree',
  },
  unknown_project: { status: 404, means: 'no destination takes recordings of this project' },
  unauthorized: { status: 401, means: 'the admin listener demands one of its tokens' },
  host_not_allowed: { status: 403, means: 'the admin listener answers to loopback names only' },
  origin_not_allowed: { status: 403, means: 'the site does not list this origin' },
  not_found: { status: 404, means: 'nothing is served at this path' },
  method_not_allowed: { status: 405, means: 'this path does not take this method' },
  body_timeout: { status: 408, means: 'the request took too long to arrive' },
  body_too_large: { status: 413, means: 'the body is larger than 4 MB after decompression' },
  unsupported_encoding: { status: 415, means: 'the content encoding is neither gzip nor identity' },
  unsupported_media_type: { status: 415, means: 'this path takes application/json only' },
  expectation_failed: { status: 417, means: 'the only expectation taken is 100-continue' },
  header_too_large: { status: 431, means: 'the request header is too large' },
  rate_limited: { status: 429, means: 'too many requests from this address; try again later' },
  internal: { status: 500, means: 'a fault of the gateway' },
  store_full: { status: 503, means: 'the store cannot take more events now; try again later' },
  store_unavailable: { status: 503, means: 'the store does not answer; try again later' },
  overloaded: { status: 503, means: 'the gateway is busy; try again later' },
  vendor_unavailable: {
    status: 503,
    means: 'the vendor that recordings are passed on to cannot take any now; try again later',
  },
  config_invalid: { status: 500, means: 'the routing file has errors' },
  config_unreadable: { status: 500, means: 'the routing file cannot be read' },
  store_newer: { status: 500, means: 'the store was written by a newer version of the gateway' },
  store_locked: { status: 500, means: 'another process owns the store' },
  store_unreadable: {
    status: 500,
    means: 'what the routing file names as store is not a store of this gateway',
  },
  address_unavailable: { status: 500, means: 'an address to listen on is taken or not this machine’s' },
  usage: { status: 500, means: 'the command line cannot be understood' },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An expected failure with a stable code. `message` is shown to clients, so it holds no received value. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** Seconds a client should wait, where the status is 429 or 503. */
  readonly retryAfter: number | null;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfter?: number } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.retryAfter = options.retryAfter ?? null;
  }
}
