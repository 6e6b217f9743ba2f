import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, type ExpectStatic, inject, it } from 'vitest'
import type { OfferKey, TicketId } from '../../domain/flash-sale.ts'
import type { AddressId, SkuId, UserId } from '../../domain/ids.ts'
import { keysOf } from '../../redis/gate/keys.ts'
import { activityDeps } from '../../runtime/container.ts'
import { startWorkers } from '../../runtime/workers.ts'
import { addOffer, changeQuota, endNow, pause, resume } from '../../workflows/messages.ts'
import { openSystem, type TestSystem } from '../end-to-end/system.ts'
import { join, offerRow, onSale, planSession, startSession, ticketRow } from '../support/flash-sale.ts'

let system: TestSystem
const healthy: { stop(): Promise<void> }[] = []
beforeAll(async () => {
  system = await openSystem({ consumer: true })
})
afterAll(async () => {
  await Promise.all(healthy.map((worker) => worker.stop()))
  await system.close()
})

function doomedWorker(queue: string, dieAfter: string, at: number): ChildProcess {
  return spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./doomed-worker.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        ...system.environment,
        ORDERS_QUEUE: queue,
        WORKFLOW_BUNDLE: inject('workflowBundle'),
        DIE_AFTER: dieAfter,
        DIE_AT: String(at),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}

async function startHealthyWorker(queue: string): Promise<void> {
  const { connection } = system.container
  const activities = activityDeps(system.container)
  const settings = {
    connection,
    namespace: 'default',
    queue,
    activities,
    cachedOrders: 10,
    providerCallsPerSecond: 10,
  }
  healthy.push(
    await startWorkers({ ...settings, workflowBundle: { codePath: inject('workflowBundle') } }, 'orders'),
  )
}

/**
 * Two SKUs with many pieces in the first warehouse: every session moves the same, whatever others do beside
 * it.
 */
async function twoSkus(): Promise<[SkuId, SkuId]> {
  const [one, other] = await system.container.db.sql<{ sku: SkuId }[]>`
    SELECT sku_id::text AS sku
    FROM stock
    WHERE warehouse_id = 1 AND on_hand - reserved > 200
    ORDER BY sku_id
    LIMIT 2`
  if (!one || !other) throw new Error('the seeded shop has too little')
  return [one.sku, other.sku]
}

/**
 * What a session lives through: everything that an operator may ask for, and one buyer. Answers when it has
 * ended.
 */
async function lives(queue: string, buyer: number, expect: ExpectStatic) {
  const { client, gate, db, ids } = system.container
  const [sku, second] = await twoSkus()
  const input = await planSession(db.sql, { offers: [{ sku, quota: 5 }] })
  const [offer, added]: [OfferKey, OfferKey] = [
    { session: input.session, sku },
    { session: input.session, sku: second },
  ]
  const session = await startSession(client, queue, input)
  await onSale(gate, offer)
  const { id, addressId } = await system.shopper(buyer)
  const ticket = ids.next() as TicketId // A fresh snowflake.
  const joiner = { id: id as UserId, addressId: addressId as AddressId } // Rows of the seeded shop.
  expect(await join(gate, offer, { buyer: joiner, ticket })).toMatchObject({ answer: 'admitted' })
  await expect.poll(async () => (await ticketRow(db.sql, ticket))?.state, { timeout: 60_000 }).toBe('live')

  await session.executeUpdate(addOffer, {
    args: [{ sku: second, priceFen: '100', quota: 3, limit: 1, warehouse: 1 }],
  })
  await session.executeUpdate(changeQuota, { args: [{ sku, quota: 7, change: 'up' }] })
  await session.executeUpdate(changeQuota, { args: [{ sku, quota: 4, change: 'down' }] })
  await session.executeUpdate(pause)
  expect(await gate.left(offer)).toBe(3)
  await session.executeUpdate(resume)
  await session.executeUpdate(endNow)
  return { sold: await session.result(), offer, added }
}

async function movements({ session, sku }: OfferKey) {
  const rows = await system.container.db.sql<{ what: string }[]>`
    SELECT concat(kind, ' ', on_hand) AS what
    FROM stock_movements
    WHERE session_id = ${session} AND sku_id = ${sku}
    ORDER BY id`
  return rows.map(({ what }) => what)
}

const deaths = [
  ['preheat', 1, 'the preheating'],
  ['addOffer', 1, 'an offer was added'],
  ['changeQuota', 1, 'a quota was raised'],
  ['changeQuota', 2, 'a quota was lowered'],
  ['pauseSession', 1, 'it was paused'],
  ['closeGates', 1, 'an operator has ended it'],
  ['closeGates', 2, 'its gates were closed'],
  ['untilStaged', 1, 'its queues were found empty'],
  ['endSession', 1, 'it was counted'],
  ['removeGate', 1, 'its keys were removed'],
] as const

describe.concurrent('a session whose worker is killed', { timeout: 240_000 }, () => {
  it.for(deaths)(
    'in %s (%i), right after %s, ends with the same books',
    async ([activity, at], { expect }) => {
      const queue = `orders-${activity}-${at}-${Date.now()}`
      const doomed = doomedWorker(queue, activity, at)
      const killed = once(doomed, 'exit').then(([, signal]) => {
        expect(signal).toBe('SIGKILL')
        return startHealthyWorker(queue)
      })
      const buyer = deaths.findIndex(([name, when]) => name === activity && when === at)
      const [{ sold, offer, added }] = await Promise.all([lives(queue, buyer, expect), killed])

      expect(sold).toEqual({ sold: 1 })
      expect(await movements(offer)).toEqual(['offered -5', 'offered -2', 'returned 3', 'returned 3'])
      expect(await movements(added)).toEqual(['offered -3', 'returned 3'])
      const { sql } = system.container.db
      expect(await offerRow(sql, offer)).toMatchObject({ quota: 1, granted: 1, sold: 1, ended: true })
      expect(await offerRow(sql, added)).toMatchObject({ quota: 0, granted: 0, sold: 0, ended: true })
      for (const one of [offer, added])
        expect(await system.container.redis.exists(keysOf(one).offer, keysOf(one).queue)).toBe(0)
      const [row] = await sql<{ sold: number[] }[]>`
      SELECT (SELECT array_agg((o ->> 'sold')::int ORDER BY o ->> 'sku')
      FROM jsonb_array_elements(report -> 'offers') o) AS sold
      FROM sessions WHERE id = ${offer.session}`
      expect(row?.sold).toEqual([1, 0])
    },
  )
})

it('and the books add up after all that', () => system.addsUp())
