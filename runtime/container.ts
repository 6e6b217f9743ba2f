import { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { ActivityDeps } from '../activities/index.ts'
import { connect, type Db } from '../db/client.ts'
import { ConfigurationError } from '../domain/configuration.ts'
import { type Carts, createCarts } from '../redis/carts/carts.ts'
import { createEvents, type Events } from '../redis/events.ts'
import { createGate, type Gate } from '../redis/gate/gate.ts'
import { createQueue, type TicketQueue } from '../redis/gate/queue.ts'
import { createProviderRateLimit, type ProviderRateLimit } from '../redis/provider-rate-limit.ts'
import { createRateWindows, type RateWindows } from '../redis/rate-windows.ts'
import { type LeasedIds, leasedSnowflakes } from '../services/operations/snowflake-lease.ts'
import type { WorkerEnv } from './environment.ts'
import type { Check, DependencyName } from './health.ts'
import { createLog } from './log.ts'
import { meteredPayments } from './metered.ts'
import { configurePayments, type Payments } from './payments.ts'
import { observedProvider } from './provider-calls.ts'
import { openGateRedis, openRedis } from './redis-connections.ts'
import { installRuntime, temporalOf } from './temporal.ts'

/** What processes, and the API above all, name of the adapters: they come in by the container alone. */
export type { Client } from '@temporalio/client'
export type { Challenge, Solution, Subject } from '../challenges/challenge.ts'
export type { Db } from '../db/client.ts'
export { connect } from '../db/client.ts'
export type { Sql } from '../db/types.ts'
export type { AnonymousBounds, CartLine, CartOwner, Carts } from '../redis/carts/carts.ts'
export { createCarts } from '../redis/carts/carts.ts'
export type { Events } from '../redis/events.ts'
export type { Gate, Standing } from '../redis/gate/gate.ts'
export type { RateWindows } from '../redis/rate-windows.ts'
export type { Payments } from './payments.ts'

/** What every process is made of, opened once and closed together. */
export type Container = {
  db: Db
  redis: Redis
  events: Events
  carts: Carts
  /** The flash-sale gate, and the queue of those that it let in. */
  gate: Gate
  queue: TicketQueue
  /** Ids under this process's leased worker number; `isLeased()` is for the health check. */
  ids: LeasedIds
  /** The providers' calls are bounded over all processes, and their failures logged. */
  payments: Payments
  /** Counts requests by the minute, over all API processes. */
  rateWindows: RateWindows
  connection: NativeConnection
  client: Client
  log: Logger
  /** Asks each dependency for a sign of life, and whether ids can be made. */
  checks: Readonly<Record<DependencyName, Check>>
  close(): Promise<void>
}

/**
 * Opens the container, or throws what is missing. The client shares the workers' connection: that is what
 * makes an eager start possible.
 */
export async function openContainer(
  env: WorkerEnv,
  options: { debugSql?: (query: string) => void } = {},
): Promise<Container> {
  const log = createLog({ level: env.LOG_LEVEL })
  installRuntime(log, env)
  const temporal = temporalOf(env)
  const db = connect(env.DATABASE_URL, {
    max: env.DATABASE_CONNECTIONS,
    ...(options.debugSql ? { debug: options.debugSql } : {}),
  })
  const redis = openRedis(env.REDIS_URL)
  redis.on('error', (error) => log.warn({ error: error.message }, 'Redis'))
  const limit = createProviderRateLimit(redis, env.PROVIDER_CALLS_PER_SECOND)
  const payments = meteredPayments(observed(configurePayments(env, db.sql), { limit, log }))
  const gateRedis = openGateRedis(env, redis)
  gateRedis.on('error', (error) => log.warn({ error: error.message }, 'the gate’s Redis'))
  const events = createEvents(redis)
  const connection = await reached('TEMPORAL_ADDRESS', () => NativeConnection.connect(temporal))
  const ids = await reached('DATABASE_URL', () => leasedSnowflakes(db))
  const client = new Client({ connection, namespace: env.TEMPORAL_NAMESPACE })
  return {
    db,
    redis,
    events,
    carts: createCarts(redis),
    gate: createGate(gateRedis),
    queue: createQueue(gateRedis),
    ids,
    payments,
    rateWindows: createRateWindows(redis, 60_000),
    connection,
    client,
    log,
    checks: {
      postgresql: () => db.sql`SELECT 1`,
      redis: () => redis.ping(),
      gate: () => gateRedis.ping(),
      temporal: () => client.workflowService.getSystemInfo({}),
      ids: async () => ids.next(),
    },
    async close() {
      await events.close()
      await connection.close()
      await ids.release().catch((error) => log.warn({ error }, 'the snowflake lease runs out by itself'))
      if (gateRedis !== redis) gateRedis.disconnect()
      redis.disconnect()
      await db.close()
    },
  }
}

/** Every provider that is called over a network; the wallet's calls are our own rows. */
const observed = (payments: Payments, how: { limit: ProviderRateLimit; log: Logger }): Payments => ({
  ...payments,
  providers: Object.fromEntries(
    Object.entries(payments.providers).map(([name, provider]) => [
      name,
      name === 'balance' ? provider : observedProvider(provider, how),
    ]),
  ),
})

/**
 * A server that does not answer at the start is, as a rule, a wrong address: whoever starts the process gets
 * the name of the variable that says it.
 */
async function reached<T>(variable: string, reach: () => Promise<T>): Promise<T> {
  try {
    return await reach()
  } catch (error) {
    const { code, message } = error as Error & { code?: string } // Drivers throw errors, most with a code.
    if (code === '42P01')
      throw new ConfigurationError(
        `${variable}: the schema is not there. Run npm run migrate, and start again.`,
      )
    throw new ConfigurationError(
      `${variable}: no answer from there (${message || code}). Correct it, or start that server, and start again.`,
    )
  }
}

/** What this process's activities work with. */
export const activityDeps = (container: Container): ActivityDeps => {
  const { db, ids, events, carts, gate, queue, payments, log } = container
  return { sql: db.sql, ids, events, carts, gate, queue, log, ...payments }
}
