import type { ApiClient } from '../api/client.ts'
import { connect } from '../db/client.ts'
import type { CouponId, OrderId } from '../domain/ids.ts'
import type { OrderInput } from '../domain/order-input.ts'
import { placeInOneTransaction } from '../services/orders/place.ts'
import type { order } from '../workflows/index.ts'
import { basket, payAndSettle } from './buying.ts'
import { type Figure, say } from './figures.ts'
import type { Harness } from './harness.ts'

const queue = 'orders'

/**
 * What an order with everything costs Temporal in history events, and PostgreSQL in round trips. Counts, so
 * one round says it all.
 */
export async function historyFigures(harness: Harness, apis: Map<string, ApiClient>): Promise<Figure[]> {
  say('counting history events and SQL round trips')
  const paid = await eventsOf(harness, { i: 0, payWithinMs: 600_000 }, async (id) =>
    payAndSettle(harness, await basket(harness, apis, 0), id),
  )
  const closed = await eventsOf(harness, { i: 1, payWithinMs: 1000 }, async () => {})
  const closedAttempt = await eventsOf(harness, { i: 2, payWithinMs: 3000 }, async (id) => {
    const { api } = await basket(harness, apis, 2)
    const opened = await api.v1.orders[':id'].payments.$post({
      param: { id },
      json: { channel: 'wechat-v3' },
    })
    if (opened.status !== 201) throw new Error(`paying answered ${opened.status}`)
  })
  return [
    { figure: 'events_paid', rounds: [paid], target: { atMost: 18 } },
    { figure: 'events_closed', rounds: [closed], target: { atMost: 18 } },
    { figure: 'events_closed_attempt', rounds: [closedAttempt], target: { atMost: 24 } },
    { figure: 'place_round_trips', rounds: [await roundTrips(harness)], target: { atMost: 30 } },
  ]
}

/**
 * Starts an order with all five steps for the `i`-th buyer, lets something happen to it, and counts its
 * events at its end.
 */
async function eventsOf(
  harness: Harness,
  { i, payWithinMs }: { i: number; payWithinMs: number },
  happen: (id: OrderId) => Promise<void>,
): Promise<number> {
  const input = inputOf(harness, i, payWithinMs)
  const handle = await harness.client.workflow.start<typeof order>('order', {
    args: [input],
    taskQueue: queue,
    workflowId: `order-${input.orderId}`,
  })
  const placed = await harness.events.until(input.orderId, { forMs: 10_000 }, async () => {
    const [row] = await harness.db.sql<{ status: string }[]>`
      SELECT status
      FROM orders
      WHERE id = ${input.orderId} AND status <> 'placing'`
    return row?.status
  })
  if (placed !== 'awaiting_payment') throw new Error(`the order with everything became ${placed}`)
  await happen(input.orderId)
  await handle.result()
  return (await handle.fetchHistory()).events?.length ?? Number.NaN
}

/**
 * Statements of placing, BEGIN and COMMIT counted; those sent together without waiting count singly, so it is
 * an upper bound.
 */
async function roundTrips(harness: Harness): Promise<number> {
  let statements = 0
  let counting = false
  const db = connect(harness.stack.servers.databaseUrl, {
    max: 1,
    debug: () => {
      if (counting) statements++
    },
  })
  try {
    await db.sql`SELECT 1`
    counting = true
    const input = inputOf(harness, 3, 600_000)
    const placed = await placeInOneTransaction(db.sql, input, 'bench')
    if (placed?.status !== 'awaiting_payment')
      throw new Error(`the order with everything became ${placed?.status}`)
    return statements
  } finally {
    await db.close()
  }
}

/** An order with two lines, a coupon, balance and points, of the `i`-th buyer. */
export function inputOf(harness: Harness, i: number, payWithinMs: number): OrderInput {
  const buyer = harness.shop.buyers[i]
  const [first, second] = harness.shop.skus
  if (!buyer || !first || !second) throw new Error('the shop is too small')
  return {
    orderId: harness.ids.next() as OrderId, // A fresh snowflake is what an order's id is.
    buyerId: buyer.id,
    kind: 1,
    source: 'bench',
    lines: [first, second].map((sku) => ({ sku, quantity: 1, unitPrice: '5000' })),
    rates: {},
    addressId: buyer.address,
    couponId: buyer.coupon as CouponId,
    points: '500',
    balance: '1000',
    payment: 'online',
    fingerprint: 'bench',
    payWithinMs,
  }
}
