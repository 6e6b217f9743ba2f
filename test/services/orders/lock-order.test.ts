import { describe, expect, it } from 'vitest'
import type { SessionId, SkuId } from '../../../domain/ids.ts'
import { endSession } from '../../../services/flash-sales/end-session.ts'
import { preheat } from '../../../services/flash-sales/preheat.ts'
import { changeQuota } from '../../../services/flash-sales/quota.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { planSession } from '../../support/flash-sale.ts'
import type { Till } from '../../support/paying.ts'
import { flashOrder, staged } from '../../support/tickets.ts'
import { useRedis, useShop } from '../../support/use-shop.ts'
import { run } from './everything.ts'

const { sql, shop, till } = await useShop()
const { gate } = useRedis()
const buyer = await shop.buyer({ balance: 100_000_000, points: 1_000_000 })
const skus: readonly [SkuId, SkuId] = [
  await shop.sku({ 1: 100_000, 2: 100_000 }, 1000),
  await shop.sku({ 1: 100_000 }, 2550),
]

/** So many that none is refused: counting them locks the buyer's row. */
const limits = { unpaidOrders: 1e6, unpaidPieces: 1e6, onDelivery: { orders: 1, most: '1' } }

/**
 * An order of the one buyer and the same goods, with coupon, wallet and points: it touches every kind of row.
 */
const wanted = async () => {
  const couponId = await shop.coupon(buyer.id)
  const lines = skus.map((sku): [SkuId, number] => [sku, 2])
  return shop.orderInput(buyer, lines, { couponId, balance: '700', points: '250', limits })
}
async function placed() {
  const input = await wanted()
  expect(await placeInOneTransaction(sql, input, run)).toMatchObject({ status: 'awaiting_payment' })
  return input.orderId
}
async function payable(order: Parameters<Till['attempt']>[0]) {
  const facts = await till.facts(await till.attempt(order, buyer.id))
  return () => till.notify(facts)
}
async function paid() {
  const order = await placed()
  await (await payable(order))()
  return order
}
async function session(): Promise<SessionId> {
  const { session } = await planSession(sql, { offers: [{ sku: skus[0], quota: 50, limit: 50 }] })
  await preheat({ sql, gate }, session)
  return session
}
async function paidFlash(from: SessionId) {
  const ticket = await staged({ sql, ids: shop.ids }, { session: from, sku: skus[0] }, { buyer, pieces: 2 })
  await placeInOneTransaction(sql, await flashOrder(sql, ticket), run)
  await (await payable(ticket))()
  return ticket
}
const one = { lines: [{ line: 1, quantity: 1 }], shipping: false }
const operator = { cause: 'operator', reason: 'broken', askedBy: '1' } as const

/** Prepares a transaction of each kind, on the rows that all of them share, and answers what starts it. */
const transactions: Record<string, (sale: SessionId) => Promise<() => Promise<unknown>>> = {
  async place() {
    const input = await wanted()
    return () => placeInOneTransaction(sql, input, run)
  },
  async close() {
    const order = await placed()
    return () => closeOrder(sql, order, 'pay_timeout')
  },
  settle: async () => payable(await placed()),
  async 'refund whole'() {
    const order = await paid()
    return () => refundOrder(sql, order, { key: 'cancelled', cause: 'cancelled', reason: '', askedBy: '1' })
  },
  async 'refund in part'() {
    const order = await paid()
    return () => refundOrder(sql, order, { ...operator, key: 'part', choice: one })
  },
  async 'refund a flash order in part'(sale) {
    const order = await paidFlash(sale)
    return () => refundOrder(sql, order, { ...operator, key: 'part', choice: one })
  },
  async 'refund a flash order whole'(sale) {
    const order = await paidFlash(sale)
    return () => refundOrder(sql, order, { key: 'cancelled', cause: 'cancelled', reason: '', askedBy: '1' })
  },
  'session end': async (sale) => () => endSession(sql, sale),
  'more quota': async (sale) => {
    const change = { sku: skus[0], quota: 60, change: 'more' }
    // It may come after the session's end, which is an answer.
    return () => changeQuota({ sql, gate }, sale, change).catch((error) => expect(error.name).toBe('Refused'))
  },
}

const names = Object.keys(transactions)
const pairs = names.flatMap((first, i) => names.slice(i).map((second) => [first, second] as const))

const deadlocks = async (): Promise<number> => {
  const [row] = await sql<{ n: number }[]>`
    SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()`
  return row?.n ?? 0
}

describe('transactions on the same rows never wait for each other in a ring', () => {
  it.each(pairs)('%s and %s', { timeout: 60_000 }, async (first, second) => {
    for (let round = 0; round < 3; round++) {
      const sale = await session()
      const starts = []
      // Three of each; a session's end and change are its own transaction, repeated.
      for (const name of [first, second, first, second, first, second])
        starts.push((await transactions[name]?.(sale)) ?? (() => Promise.reject(new Error(name))))
      const ended = await Promise.allSettled(starts.map((start) => start()))
      expect(ended.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))).toEqual([])
    }
  })

  it('and PostgreSQL has counted no deadlock', async () => {
    expect(await deadlocks()).toBe(0)
  })
})
