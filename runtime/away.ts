/** Codes of Node and of the PostgreSQL driver: no connection, or one that ended before the answer. */
const broken = new Set([
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
  ],
  ...[
    'CONNECTION_CLOSED',
    'CONNECTION_DESTROYED',
    'CONNECTION_ENDED',
    'CONNECT_TIMEOUT',
    'NR_CLOSED',
    'SNOWFLAKE_LEASE_LOST',
  ],
])

/**
 * PostgreSQL's own words for it: class 08 (connection), 57P01 to 57P03 (shutting down, crashed, starting),
 * 53300 (too many connections), 25006 (read-only: it is a standby now).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const sqlStates = /^(08...|57P0[123]|53300|25006)$/

/**
 * What ioredis throws without a code, what a Redis says that loads, lost its master or became a replica, and
 * what Temporal's native connection says that lost its server.
 */
const words = new RegExp(
  [
    "^(Connection is closed|Command timed out|Stream isn't writeable)",
    '^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN) ',
    'All nodes failed',
    '^(transport error|operation was canceled|Timeout expired)$',
  ].join('|'),
)
/**
 * A Temporal that has just started knows its namespaces some seconds later; a worker does not start in a
 * wrong one.
 */
const names = new Set([
  'NamespaceNotFoundError',
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
  'TransportError',
  'TemporalAway',
])

/**
 * gRPC's DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and UNAVAILABLE, as Temporal's client reports them.
 * https://grpc.io/docs/guides/status-codes/
 */
const exhausted = 8
const grpc = new Set([4, exhausted, 14])

/**
 * Whether a fault says that PostgreSQL, Redis or Temporal is away for now, rather than that something is
 * wrong: the same request may succeed in some seconds (HTTP 503 with Retry-After). Looks into `cause` and
 * into the errors of an AggregateError.
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // Drivers put a code on their errors, most of them a text.
  const { code, name, message } = error as Error & { code?: unknown }
  if (typeof code === 'string' && (broken.has(code) || sqlStates.test(code))) return true
  if (typeof code === 'number' && grpc.has(code)) return true
  if (names.has(name) || words.test(message)) return true
  if (error instanceof AggregateError && error.errors.some(isAway)) return true
  return isAway(error.cause)
}

/**
 * PostgreSQL's words for having waited long enough, by our own time-outs or by its choice between two: 57014
 * (statement time-out), 55P03 (lock time-out), 25P03 (idle in a transaction), 40P01 (deadlock), 40001.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const gaveUpWaiting = new Set(['57014', '55P03', '25P03', '40P01', '40001'])

/**
 * Whether a fault says that PostgreSQL is there and too busy for this now: nothing was done, and the same
 * request may succeed in some seconds. Looks into `cause`.
 */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && gaveUpWaiting.has(String(error.code))) || isBusy(error.cause)
}

/** Whether Temporal refused a call because of how many there are at this time. Looks into `cause`. */
export function isThrottled(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === exhausted) || isThrottled(error.cause)
}
