import { randomBytes } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { inject } from 'vitest'
import type { Sql } from '../../../db/types.ts'
import type { OrderId, UserId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { createGate } from '../../../redis/gate/gate.ts'
import { createQueue } from '../../../redis/gate/queue.ts'
import { installRuntime } from '../../../runtime/temporal.ts'
import { startWorkers } from '../../../runtime/workers.ts'
import type { JobsDeps } from '../../../workers/jobs/deps.ts'
import { type FreshDatabase, freshDatabase } from '../../support/database.ts'
import { accounts, openTill, type Till } from '../../support/paying.ts'
import { openShop, type Shop } from '../../support/shop.ts'

type Bought = { buyer: UserId; bought: { sku: string; line: string }[] }

/**
 * A jobs's dependencies on real PostgreSQL and Temporal, in a shop and on a task queue of the file's own; the
 * providers are the test's.
 */
export type JobsHarness = {
  fresh: FreshDatabase
  sql: Sql
  shop: Shop
  till: Till
  deps: JobsDeps
  announced: OrderId[]
  carts: { taken: Bought[]; away: boolean }
  /** Starts `order-<id>`; without a worker it sleeps. */
  startOrder(input: OrderInput): Promise<void>
  startWorker(): Promise<{ stop(): Promise<void> }>
  close(): Promise<void>
}

export async function jobsHarness(given?: FreshDatabase): Promise<JobsHarness> {
  const log = pino({ level: 'silent' })
  installRuntime(log)
  const fresh = given ?? (await freshDatabase())
  const { sql } = fresh.db
  const shop = await openShop(fresh.db)
  const till = openTill(sql, shop.ids)
  const address = inject('temporalAddress')
  const connection = await Connection.connect({ address })
  const client = new Client({ connection })
  const native = await NativeConnection.connect({ address })
  const queue = `orders-jobs-${randomBytes(6).toString('hex')}`
  const announced: OrderId[] = []
  const carts: JobsHarness['carts'] = { taken: [], away: false }
  const deps: JobsDeps = {
    sql,
    ids: shop.ids,
    client,
    queue,
    payments: { providers: till.providers, accounts, refundFallback: 'none' },
    events: { announce: (order) => announced.push(order) },
    carts: {
      async removeBought(buyer, bought) {
        if (carts.away) throw new Error('Redis is away')
        carts.taken.push({ buyer, bought: [...bought] })
      },
      clear: async () => {},
    },
    retention: { statementDays: 90, entryDays: 62, clearedDays: 365, addressDays: 1095 },
    auditEveryHours: 0,
    log,
  }
  const redis = new Redis(inject('redisUrl'))
  const stops: (() => Promise<void>)[] = []
  return {
    fresh,
    sql,
    shop,
    till,
    deps,
    announced,
    carts,
    async startOrder(input) {
      await client.workflow.start('order', {
        args: [input],
        taskQueue: queue,
        workflowId: `order-${input.orderId}`,
      })
    },
    async startWorker() {
      const running = await startWorkers({
        connection: native,
        namespace: 'default',
        queue,
        workflowBundle: { codePath: inject('workflowBundle') },
        activities: {
          ...deps,
          ...deps.payments,
          gate: createGate(redis),
          queue: createQueue(redis),
          events: { ...deps.events, announceSession: () => {} },
        },
        cachedOrders: 10,
        providerCallsPerSecond: 100,
      })
      stops.push(running.stop)
      return running
    },
    async close() {
      for (const stop of stops) await stop()
      redis.disconnect()
      await native.close()
      await connection.close()
      await fresh.drop()
    },
  }
}
