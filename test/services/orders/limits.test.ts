import { describe, expect, it } from 'vitest'
import type { OrderInput } from '../../../domain/order-input.ts'
import { closeOrder } from '../../../services/orders/close.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { refundOrder } from '../../../services/payments/refund-order.ts'
import { orderRow } from '../../support/books.ts'
import type { Shopper } from '../../support/shop.ts'
import { useShop } from '../../support/use-shop.ts'
import { run } from './everything.ts'

const { sql, shop, till } = await useShop()
const sku = await shop.sku({ 1: 10_000 }, 1000)

const limits = {
  unpaidOrders: 3,
  unpaidPieces: 10,
  onDelivery: { orders: 2, most: '5000', provinces: ['浙江', '上海'] },
}
const inputOf = (buyer: Shopper, pieces: number, but: Partial<OrderInput> = {}) =>
  shop.orderInput(buyer, [[sku, pieces]], { limits, ...but })
async function place(buyer: Shopper, pieces = 1, but: Partial<OrderInput> = {}) {
  const input = inputOf(buyer, pieces, but)
  await placeInOneTransaction(sql, input, run)
  return { order: input.orderId, ...(await orderRow(sql, input.orderId)) }
}
const awaits = { status: 'awaiting_payment', refusal: null }
const refused = (code: string, details: object) => ({ status: 'rejected', refusal: { code, details } })
const onDelivery = { payment: 'on_delivery' } as const

describe('a buyer', () => {
  it('has so many unpaid orders at the most, however many are placed at once', async () => {
    const buyer = await shop.buyer()
    const tries = Array.from({ length: 12 }, () => inputOf(buyer, 1))
    await Promise.all(tries.map((input) => placeInOneTransaction(sql, input, run)))
    const rows = await Promise.all(tries.map(({ orderId }) => orderRow(sql, orderId)))
    expect(rows.filter(({ status }) => status === 'awaiting_payment')).toHaveLength(3)
    const no = rows.filter(({ status }) => status === 'rejected')
    expect(no).toHaveLength(9)
    for (const row of no) expect(row).toMatchObject(refused('too_many_unpaid_orders', { limit: 3 }))
  })

  it('may place again when one of them is paid, or closed', async () => {
    const buyer = await shop.buyer()
    const [first, second] = [await place(buyer), await place(buyer), await place(buyer)]
    expect(await place(buyer)).toMatchObject(refused('too_many_unpaid_orders', { limit: 3 }))
    await till.notify(await till.facts(await till.attempt(first.order, buyer.id)))
    expect(await place(buyer)).toMatchObject(awaits)
    await closeOrder(sql, second.order, 'buyer_cancelled')
    expect(await place(buyer)).toMatchObject(awaits)
  })

  it('holds so many unpaid pieces of a SKU at the most, over all unpaid orders', async () => {
    const buyer = await shop.buyer()
    expect(await place(buyer, 11)).toMatchObject(refused('too_many_pieces', { sku, limit: 10, held: 0 }))
    expect(await place(buyer, 6)).toMatchObject(awaits)
    expect(await place(buyer, 5)).toMatchObject(refused('too_many_pieces', { sku, limit: 10, held: 6 }))
    expect(await place(buyer, 4)).toMatchObject(awaits)
    expect(await place(await shop.buyer(), 10)).toMatchObject(awaits)
  })

  it('is not limited in what is paid at once', async () => {
    const buyer = await shop.buyer({ balance: 10_000_000 })
    expect(await place(buyer, 11, { balance: '10000000' })).toMatchObject({ status: 'to_ship' })
  })
})

describe('cash on delivery', () => {
  const off = { ...limits, onDelivery: { orders: 0, most: '5000' } }
  const no = (reason: string) => refused('on_delivery_unavailable', { reason })

  it('can be switched off', async () => {
    const buyer = await shop.buyer()
    expect(await place(buyer, 1, { ...onDelivery, limits: off })).toMatchObject(no('off'))
    expect(await place(buyer, 1, { limits: off })).toMatchObject(awaits)
  })

  it('is for so many orders of a buyer at the same time', async () => {
    const buyer = await shop.buyer()
    const first = await place(buyer, 1, onDelivery)
    expect(first).toMatchObject({ status: 'to_ship', payState: 'on_delivery' })
    expect(await place(buyer, 1, onDelivery)).toMatchObject({ status: 'to_ship' })
    expect(await place(buyer, 1, onDelivery)).toMatchObject(no('too_many'))
    await refundOrder(sql, first.order, {
      ...{ key: 'cancelled', cause: 'cancelled', reason: '', askedBy: buyer.id },
    })
    expect(await place(buyer, 1, onDelivery)).toMatchObject({ status: 'to_ship' })
  })

  it('is for an amount at the most, and its pieces count as unpaid', async () => {
    const buyer = await shop.buyer()
    expect(await place(buyer, 5, onDelivery)).toMatchObject(no('amount')) // ¥ 50.00 and ¥ 10.00 to ship.
    expect(await place(buyer, 4, onDelivery)).toMatchObject({ status: 'to_ship' })
    expect(await place(buyer, 7)).toMatchObject(refused('too_many_pieces', { sku, limit: 10, held: 4 }))
  })

  it('is for some provinces only, where they are named', async () => {
    const buyer = await shop.buyer()
    await sql`UPDATE addresses SET province = '西藏' WHERE id = ${buyer.addressId}`
    expect(await place(buyer, 1, onDelivery)).toMatchObject(no('province'))
    const { provinces: _, ...anywhere } = limits.onDelivery
    const but = { ...onDelivery, limits: { ...limits, onDelivery: anywhere } }
    expect(await place(buyer, 1, but)).toMatchObject({ status: 'to_ship' })
  })
})
