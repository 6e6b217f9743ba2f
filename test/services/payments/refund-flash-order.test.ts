import { describe, expect, it } from 'vitest'
import type { OfferKey, TicketId } from '../../../domain/flash-sale.ts'
import { endSession } from '../../../services/flash-sales/end-session.ts'
import { preheat } from '../../../services/flash-sales/preheat.ts'
import { syncGate } from '../../../services/flash-sales/sync-gate.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { orderRow } from '../../support/books.ts'
import { offerRow, planSession, ticketRow } from '../../support/flash-sale.ts'
import { reload } from '../../support/gate-load.ts'
import type { Shopper } from '../../support/shop.ts'
import { flashOrder, staged } from '../../support/tickets.ts'
import { useRedis, useShop } from '../../support/use-shop.ts'
import { run } from '../orders/everything.ts'

const { sql, shop, till } = await useShop()
const { gate } = useRedis()

/** An offer of all five pieces of the warehouse; three are a paid order's, loaded into the gate. */
async function bought(): Promise<{ offer: OfferKey; order: TicketId; buyer: Shopper }> {
  const sku = await shop.sku({ 1: 5 })
  const { session } = await planSession(sql, { offers: [{ sku, quota: 5, limit: 3 }] })
  await preheat({ sql, gate }, session)
  const offer = { session, sku }
  const buyer = await shop.buyer()
  const order = await staged({ sql, ids: shop.ids }, offer, { buyer, pieces: 3 })
  await placeInOneTransaction(sql, await flashOrder(sql, order), run)
  expect(await till.notify(await till.facts(await till.attempt(order, buyer.id)))).toBe('paid')
  await reload(sql, gate, offer)
  await sync()
  expect(await counts(offer)).toEqual({ quota: 5, granted: 3, sold: 3, left: 2, shelf: 0 })
  return { offer, order, buyer }
}
// What it uses of its world.
const sync = () => syncGate({ sql, gate, events: { announceOffer() {} }, log: console } as never)
/** As if a second had passed. */
async function syncAgain() {
  await sql`UPDATE tickets SET sync_at = now() WHERE sync IS NOT NULL`
  await sync()
}
async function counts(offer: OfferKey) {
  const { quota, granted, sold } = await offerRow(sql, offer)
  const [shelf] = await sql<{ pieces: number }[]>`
    SELECT on_hand AS pieces FROM stock WHERE sku_id = ${offer.sku}`
  return { quota, granted, sold, left: await gate.left(offer), shelf: shelf?.pieces }
}
async function shipped(order: TicketId) {
  await sql`UPDATE orders SET status = 'shipped' WHERE id = ${order}`
  await sql`
    INSERT INTO order_log (order_id, from_status, to_status, why)
    VALUES (${order}, 'to_ship', 'shipped', 'test')`
}
const pieces = (key: string, quantity: number, restock?: boolean) =>
  ({
    key,
    cause: 'operator',
    reason: 'broken',
    askedBy: 'operator-7',
    choice: { lines: [{ line: 1, quantity }], shipping: false },
    restock,
  }) as const
const rest = (restock?: boolean) =>
  ({ key: 'rest', cause: 'operator', reason: 'all', askedBy: 'operator-7', restock }) as const

describe('pieces of a flash order that are refunded before shipping', () => {
  it('a part of them is for sale again in the running session, once', async () => {
    const { offer, order, buyer } = await bought()
    await refundOrder(sql, order, pieces('one', 1))
    await refundOrder(sql, order, pieces('one', 1))
    expect(await counts(offer)).toEqual({ quota: 5, granted: 2, sold: 2, left: 2, shelf: 0 })
    await Promise.all([sync(), sync()])
    await syncAgain()
    expect(await counts(offer)).toEqual({ quota: 5, granted: 2, sold: 2, left: 3, shelf: 0 })
    expect(await ticketRow(sql, order)).toEqual({ state: 'paid', reason: null, sync: null })
    expect(await gate.standing(offer, buyer.id)).toMatchObject({ pieces: 2, paid: true })
  })

  it('part after part, each of them once, also while the gate has not been synced with the part before', async () => {
    const { offer, order } = await bought()
    await refundOrder(sql, order, pieces('one', 1))
    await refundOrder(sql, order, pieces('two', 1))
    await sync()
    expect(await counts(offer)).toEqual({ quota: 5, granted: 1, sold: 1, left: 4, shelf: 0 })
    await refundOrder(sql, order, rest())
    await sync()
    expect(await counts(offer)).toEqual({ quota: 5, granted: 0, sold: 0, left: 5, shelf: 0 })
    expect(await ticketRow(sql, order)).toMatchObject({ state: 'given_back', sync: null })
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closed', payState: 'refunded' })
  })

  it('a gate that was loaded after the refund needs nothing, one that is being loaded is synced', async () => {
    const { offer, order } = await bought()
    await refundOrder(sql, order, pieces('one', 1))
    await reload(sql, gate, offer)
    await sync()
    expect(await counts(offer)).toMatchObject({ granted: 2, left: 3 })
    await sql`UPDATE offers SET epoch = epoch + 1 WHERE session_id = ${offer.session}`
    await refundOrder(sql, order, pieces('two', 1))
    await sync()
    expect(await counts(offer)).toMatchObject({ granted: 1, left: 3 })
    await reload(sql, gate, offer)
    await syncAgain()
    expect(await counts(offer)).toMatchObject({ granted: 1, left: 4 })
    expect(await ticketRow(sql, order)).toMatchObject({ sync: null })
  })

  it('a part of them goes to the warehouse when the session has ended', async () => {
    const { offer, order } = await bought()
    await endSession(sql, offer.session)
    await refundOrder(sql, order, pieces('one', 1))
    await refundOrder(sql, order, pieces('two', 1))
    expect(await counts(offer)).toMatchObject({ quota: 1, granted: 1, sold: 1, shelf: 4 })
    await refundOrder(sql, order, rest())
    expect(await counts(offer)).toMatchObject({ quota: 0, granted: 0, sold: 0, shelf: 5 })
  })

  it('that are said not to be on our shelf go nowhere', async () => {
    const { offer, order } = await bought()
    await refundOrder(sql, order, pieces('one', 1, false))
    await refundOrder(sql, order, rest(false))
    await sync()
    expect(await counts(offer)).toEqual({ quota: 5, granted: 3, sold: 3, left: 2, shelf: 0 })
    expect(await orderRow(sql, order)).toMatchObject({ status: 'closed', payState: 'refunded' })
  })
})

describe('pieces of a flash order that are refunded after shipping', () => {
  it('are put on the warehouse’s shelf when they are said to be there, and are sold all the same', async () => {
    const { offer, order } = await bought()
    await shipped(order)
    await refundOrder(sql, order, pieces('one', 1, true))
    await sync()
    expect(await counts(offer)).toEqual({ quota: 5, granted: 3, sold: 3, left: 2, shelf: 1 })
    await refundOrder(sql, order, rest(true))
    await sync()
    expect(await counts(offer)).toEqual({ quota: 5, granted: 3, sold: 3, left: 2, shelf: 3 })
    expect(await ticketRow(sql, order)).toMatchObject({ state: 'paid' })
    expect(await orderRow(sql, order)).toMatchObject({ status: 'shipped', payState: 'refunded' })
  })

  it('are on no shelf otherwise', async () => {
    const { offer, order } = await bought()
    await shipped(order)
    await refundOrder(sql, order, rest())
    expect(await counts(offer)).toEqual({ quota: 5, granted: 3, sold: 3, left: 2, shelf: 0 })
  })
})
