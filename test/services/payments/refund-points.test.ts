import { describe, expect, it } from 'vitest'
import type { OrderId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { movementsOf, orderRow } from '../../support/books.ts'
import type { Shopper } from '../../support/shop.ts'
import { useShop } from '../../support/use-shop.ts'
import { confirmed, everything, run } from '../orders/everything.ts'

const { sql, shop, till } = await useShop()

async function place(
  buyer: Shopper,
  price: number,
  { pieces = 1, ...but }: Partial<OrderInput> & { pieces?: number } = {},
) {
  const input = shop.orderInput(buyer, [[await shop.sku({ 1: 100 }, price), pieces]], but)
  await placeInOneTransaction(sql, input, run)
  return input.orderId
}
async function pay(buyer: Shopper, order: OrderId): Promise<OrderId> {
  const outcome = await till.notify(await till.facts(await till.attempt(order, buyer.id)))
  expect(outcome).toBe('paid')
  return order
}
async function loyalty(buyer: Shopper) {
  const [row] = await sql<{ points: bigint; growth: bigint }[]>`
    SELECT points, growth FROM loyalty WHERE user_id = ${buyer.id}`
  return row
}
/** What the order has granted less what was taken back. */
async function kept(order: OrderId) {
  const [row] = await sql<{ points: bigint; growth: bigint }[]>`
    SELECT COALESCE((SELECT sum(points) FROM points_movements
                     WHERE order_id = ${order} AND kind IN ('earned', 'unearned')), 0)::bigint AS points,
           COALESCE((SELECT sum(growth) FROM growth_movements
                     WHERE order_id = ${order} AND kind IN ('earned', 'unearned')), 0)::bigint AS growth`
  return row
}
const calledOff = { key: 'cancelled', cause: 'cancelled', reason: '', askedBy: '20001' } as const
const operator = (key: string, lines?: { line: number; quantity: number }[], shipping = false) =>
  ({
    key,
    cause: 'operator',
    reason: 'broken',
    askedBy: 'operator-7',
    ...(lines && { choice: { lines, shipping } }),
  }) as const

describe('earned points', () => {
  it('cannot be printed: spent on an order that is called off, after the order that earned them', async () => {
    const buyer = await shop.buyer()
    for (let round = 0; round < 3; round++) {
      const first = await pay(buyer, await place(buyer, 1_000_000))
      const second = await place(buyer, 20_000, { points: '10000' })
      expect(await orderRow(sql, second)).toMatchObject({ status: 'awaiting_payment' })
      await refundOrder(sql, first, calledOff)
      await closeOrder(sql, second, 'buyer_cancelled')
      expect(await loyalty(buyer)).toEqual({ points: 0n, growth: 0n })
    }
  })

  it('that were spent leave a debt: spending refuses while it lasts, and earning pays it first', async () => {
    const buyer = await shop.buyer()
    const first = await pay(buyer, await place(buyer, 1_000_000))
    await pay(buyer, await place(buyer, 20_000, { points: '10000' }))
    await refundOrder(sql, first, calledOff)
    expect(await loyalty(buyer)).toEqual({ points: -9900n, growth: 100n })
    const refused = await place(buyer, 20_000, { points: '1' })
    expect(await orderRow(sql, refused)).toMatchObject({
      status: 'rejected',
      refusal: { code: 'points_insufficient', details: { available: '0' } },
    })
    await pay(buyer, await place(buyer, 900_000))
    expect(await loyalty(buyer)).toEqual({ points: -900n, growth: 9100n })
    await pay(buyer, await place(buyer, 100_000))
    expect(await loyalty(buyer)).toEqual({ points: 100n, growth: 10_100n })
    expect(await orderRow(sql, await place(buyer, 20_000, { points: '100' }))).toMatchObject({
      status: 'awaiting_payment',
    })
  })

  it('go back with every refund: an order keeps one for each whole yuan that it keeps', async () => {
    const buyer = await shop.buyer({ balance: 1234 })
    // 3 × ¥ 33.33 and ¥ 10.00 to ship, ¥ 12.34 of it from the wallet: ¥ 109.99 in all.
    const order = await pay(buyer, await place(buyer, 3333, { balance: '1234', pieces: 3 }))
    expect(await kept(order)).toEqual({ points: 109n, growth: 109n })
    for (const [key, refund, keeps] of [
      ['one', operator('one', [{ line: 1, quantity: 1 }]), 76n],
      ['two', operator('two', [{ line: 1, quantity: 1 }]), 43n],
      ['fee', operator('fee', [], true), 33n],
      ['rest', operator('rest'), 0n],
    ] as const) {
      await refundOrder(sql, order, refund)
      expect([key, await kept(order)]).toEqual([key, { points: keeps, growth: keeps }])
    }
    expect(await loyalty(buyer)).toEqual({ points: 0n, growth: 0n })
  })

  it('are taken back once for each refund, whoever repeats it', async () => {
    const buyer = await shop.buyer()
    const order = await pay(buyer, await place(buyer, 10_000, { pieces: 4 }))
    const refund = operator('k', [{ line: 1, quantity: 1 }])
    await Promise.all(Array.from({ length: 5 }, () => refundOrder(sql, order, refund)))
    expect(await kept(order)).toEqual({ points: 300n, growth: 300n })
  })

  it('are none of an order on delivery that nobody has received: calling it off takes none', async () => {
    const order = await confirmed(sql, await everything(shop, { payment: 'on_delivery' }))
    await refundOrder(sql, order, calledOff)
    expect((await movementsOf(sql, order)).filter((what) => what.endsWith('earned'))).toEqual([])
  })
})
