import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import * as schema from './schema/index.ts'
import type { Sql } from './types.ts'

/**
 * The database of this process. Two ways in, one rule: statements that lock or change are written in SQL
 * (`sql`), so that what they promise can be read; lists and look-ups for pages go through drizzle (`orm`).
 */
export type Db = { sql: Sql; orm: ReturnType<typeof drizzle<typeof schema, Sql>>; close(): Promise<void> }

export type DbOptions = {
  /** Connections at the most. */
  max?: number
  /** A statement's bound; shorter than the activity that runs it. */
  statementMs?: number
  /** Sees each statement as it is sent (benchmarks count round trips). */
  debug?: (query: string) => void
}

/**
 * Opens a pool (nothing is connected until the first statement). Lock, statement and idle time-outs keep a
 * stopped process from holding a hot row.
 */
export function connect(url: string, { max = 20, statementMs = 4000, debug }: DbOptions = {}): Db {
  const sql = postgres(url, {
    max,
    types: { bigint: postgres.BigInt },
    onnotice: () => {},
    connect_timeout: connectWithinS,
    backoff: reopenAfterS,
    ...(debug ? { debug: (_connection: number, query: string) => debug(query) } : {}),
    connection: {
      application_name: 'floodgate',
      statement_timeout: statementMs,
      lock_timeout: Math.min(statementMs, 3000),
      idle_in_transaction_session_timeout: statementMs,
    },
  })
  if (!('rejectsAfterReset' in sql)) throw new Error(unpatched)
  const { parsers, serializers } = sql.options
  const dates = { parsers: { ...parsers }, serializers: { ...serializers } }
  const orm = drizzle({ client: sql, schema })
  // drizzle makes the client hand dates and JSON through as text; statements written in SQL want Dates and
  // objects, and drizzle takes both.
  Object.assign(sql.options.parsers, dates.parsers)
  Object.assign(sql.options.serializers, dates.serializers, { 114: json, 3802: json })
  return { sql, orm, close: () => sql.end({ timeout: 5 }) }
}

/** How long (s) a server that does not answer is waited for: who asks is answered then that it is away. */
const connectWithinS = 5

/**
 * How long (s) a connection that was lost stays closed. The driver's own rule doubles it with every lost
 * connection of the pool: a reset of 80 at once closed most of them for 10 to 20 s.
 */
const reopenAfterS = (): number => 0.05 + 0.25 * Math.random()

/** What is lost without the patch: docs/upstream/postgres-resets.md. */
const unpatched =
  'The PostgreSQL driver in node_modules is not the patched one, which loses nothing when a connection is reset. ' +
  'Run: node local/patches.mjs'

const json = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
