import { Redis } from 'ioredis'
import { expect, inject } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { createGate } from '../../../redis/gate/gate.ts'
import { createQueue, type Queued } from '../../../redis/gate/queue.ts'
import { preheat } from '../../../services/flash-sales/preheat.ts'
import { startConsumer } from '../../../workers/consumer/consumer.ts'
import type { ConsumerDeps } from '../../../workers/consumer/deps.ts'
import { ordered, settles, timePasses } from '../../support/consuming.ts'
import type { FreshDatabase } from '../../support/database.ts'
import { type Joiner, join, planSession } from '../../support/flash-sale.ts'
import { type JobsHarness, jobsHarness } from '../jobs/harness.ts'

/**
 * A consumer's dependencies on real servers, and a shop with flash sales of the file's own. No session has a
 * workflow: the tests say what happens.
 */
export type ConsumerHarness = Pick<JobsHarness, 'sql' | 'shop' | 'till' | 'startWorker'> & {
  deps: ConsumerDeps
  redis: Redis
  /** The offers that were announced to be for sale again. */
  offersAnnounced: string[]
  /** A session that is open, with one offer of so many pieces; a buyer may have two. */
  open(quota: number, payWithinMs?: number): Promise<OfferKey>
  /** A buyer who has to get in: a new one, for one piece, unless it is said otherwise. */
  admitted(offer: OfferKey, join?: { buyer?: Joiner; pieces?: number }): Promise<TicketId>
  /** So many new buyers at once, who have to get in. */
  rush(offer: OfferKey, buyers: number): Promise<TicketId[]>
  /** What the queue holds, read by a consumer of this name that does no more than that. */
  read(offer: OfferKey, consumer?: string): Promise<Queued[]>
  startConsumer(but?: Partial<ConsumerDeps>): { stop(): Promise<void> }
  /** See test/support/consuming.ts. */
  settles(offer: OfferKey, left: number): Promise<void>
  ordered(tickets: readonly TicketId[]): Promise<void>
  timePasses(offer: OfferKey): Promise<void>
  close(): Promise<void>
}

/** As the processes connect. */
const redisOptions = { maxRetriesPerRequest: 2, commandTimeout: 2000, enableAutoPipelining: true }

export async function consumerHarness({
  redisUrl = inject('redisUrl'),
  fresh,
}: {
  redisUrl?: string
  fresh?: FreshDatabase
} = {}): Promise<ConsumerHarness> {
  const jobs = await jobsHarness(fresh)
  const { sql, shop } = jobs
  const redis = new Redis(redisUrl, redisOptions)
  redis.on('error', () => {}) // Some tests take it away.
  const [gate, queue] = [createGate(redis), createQueue(redis)]
  const offersAnnounced: string[] = []
  const deps: ConsumerDeps = {
    sql: jobs.fresh.db.sql,
    ...{ gate, queue },
    client: jobs.deps.client,
    events: {
      announce: () => {},
      announceOffer: ({ sku }) => offersAnnounced.push(sku),
      announceSession: () => {},
    },
    ordersQueue: jobs.deps.queue,
    startsInFlight: 20,
    log: jobs.deps.log,
  }
  const running: { stop(): Promise<void> }[] = []
  const harness: ConsumerHarness = {
    ...{ sql, shop, till: jobs.till, startWorker: jobs.startWorker },
    ...{ deps, redis, offersAnnounced },
    async open(quota, payWithinMs = 600_000) {
      const sku = await shop.sku({ 1: quota })
      const { session } = await planSession(sql, { payWithinMs, offers: [{ sku, quota, limit: 2 }] })
      await preheat({ sql, gate }, session)
      return { session, sku }
    },
    async admitted(offer, { buyer, pieces = 1 } = {}) {
      const ticket = shop.ids.next() as TicketId // A fresh snowflake.
      expect(await join(gate, offer, { buyer: buyer ?? (await shop.buyer()), ticket, pieces })).toMatchObject(
        {
          answer: 'admitted',
          ticket,
        },
      )
      return ticket
    },
    rush: (offer, buyers) => Promise.all(Array.from({ length: buyers }, () => harness.admitted(offer))),
    read: (offer, consumer = 'a consumer') => queue.read(offer, consumer, 1000),
    startConsumer(but = {}) {
      const consumer = startConsumer({ ...deps, ...but })
      running.push(consumer)
      return consumer
    },
    settles: (offer, left) => settles(deps, offer, left),
    ordered: (tickets) => ordered(deps, tickets),
    timePasses: (offer) => timePasses(deps, offer),
    async close() {
      for (const consumer of running) await consumer.stop()
      redis.disconnect()
      await jobs.close()
    },
  }
  return harness
}
