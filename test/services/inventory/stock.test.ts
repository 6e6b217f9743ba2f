import { describe, expect, it } from 'vitest'
import { connect } from '../../../db/client.ts'
import type { OrderId, SkuId } from '../../../domain/ids.ts'
import { deductStock, releaseStock, reserveStock } from '../../../services/inventory/stock.ts'
import { openAlone } from '../../../services/orders/open.ts'
import { placeInOneTransaction } from '../../../services/orders/place.ts'
import { placeStep } from '../../../services/orders/reserve.ts'
import { once } from '../../../services/orders/steps.ts'
import { orderRow } from '../../support/books.ts'
import { gate } from '../../support/gates.ts'
import { useShop } from '../../support/use-shop.ts'
import { reject, run } from '../orders/everything.ts'

const { fresh, sql, shop } = await useShop()
const buyer = await shop.buyer()

async function place(lines: [SkuId, number][]): Promise<OrderId> {
  const input = shop.orderInput(buyer, lines)
  await placeInOneTransaction(sql, input, run)
  return input.orderId
}
const reserved = (order: OrderId) =>
  sql`
    SELECT sku_id::text AS sku, warehouse_id AS warehouse, reserved AS pieces
    FROM stock_movements
    WHERE order_id = ${order} AND kind = 'reserved'
    ORDER BY 1, 2`

describe('where the pieces come from', () => {
  it('is one warehouse for the whole order where that can be, though another comes first', async () => {
    const [tea, cup] = [await shop.sku({ 1: 9, 2: 9 }), await shop.sku({ 2: 1, 3: 9 })]
    expect(
      await reserved(
        await place([
          [tea, 2],
          [cup, 1],
        ]),
      ),
    ).toEqual([
      { sku: tea, warehouse: 2, pieces: 2 },
      { sku: cup, warehouse: 2, pieces: 1 },
    ])
  })

  it('is else the warehouses by priority, a line split where needed', async () => {
    const [tea, cup] = [await shop.sku({ 1: 2, 2: 9, 3: 9 }), await shop.sku({ 3: 1 })]
    expect(
      await reserved(
        await place([
          [tea, 12],
          [cup, 1],
        ]),
      ),
    ).toEqual([
      { sku: tea, warehouse: 1, pieces: 2 },
      { sku: tea, warehouse: 2, pieces: 9 },
      { sku: tea, warehouse: 3, pieces: 1 },
      { sku: cup, warehouse: 3, pieces: 1 },
    ])
  })

  it('is a shelf that has enough for both lines of one SKU together, or none', async () => {
    const tea = await shop.sku({ 1: 3, 2: 2 })
    const five = await place([
      [tea, 2],
      [tea, 3],
    ])
    expect(await reserved(five)).toEqual([
      { sku: tea, warehouse: 1, pieces: 3 },
      { sku: tea, warehouse: 2, pieces: 2 },
    ])
    const more = await place([
      [tea, 1],
      [tea, 1],
    ])
    expect(await orderRow(sql, more)).toMatchObject({
      status: 'rejected',
      refusal: { code: 'out_of_stock', details: { skus: [tea] } },
    })
  })

  it('is counted as sold per SKU when the order is settled', async () => {
    const tea = await shop.sku({ 1: 5 })
    const lines: [SkuId, number][] = [
      [tea, 2],
      [tea, 1],
    ]
    const input = shop.orderInput(buyer, lines, { payment: 'on_delivery' })
    await placeInOneTransaction(sql, input, run)
    const [row] = await sql`
        SELECT k.sales, s.on_hand, s.reserved
        FROM skus k
        JOIN stock s ON s.sku_id = k.id
        WHERE k.id = ${tea}`
    expect(row).toEqual({ sales: 3n, on_hand: 2, reserved: 0 })
  })
})

describe('the database itself', () => {
  it.each([
    [
      'more reserved than lies there',
      (sku: SkuId) => sql`UPDATE stock SET reserved = on_hand + 1 WHERE sku_id = ${sku}`,
    ],
    [
      'what is reserved taken away',
      (sku: SkuId) => sql`UPDATE stock SET on_hand = reserved - 1 WHERE sku_id = ${sku}`,
    ],
    ['less than nothing reserved', (sku: SkuId) => sql`UPDATE stock SET reserved = -1 WHERE sku_id = ${sku}`],
  ])('refuses %s, whoever asks', async (_, corrupt) => {
    const tea = await shop.sku({ 1: 3 })
    await place([[tea, 2]])
    await expect(corrupt(tea)).rejects.toThrow('never_oversold')
  })

  it('refuses to take, or to give back, what an order holds a second time', async () => {
    const tea = await shop.sku({ 1: 4 })
    const order = await place([[tea, 2]])
    const twice = (effect: typeof reserveStock) =>
      sql.begin(async (tx) => {
        await effect(tx, order)
        await effect(tx, order)
      })
    await expect(twice(deductStock)).rejects.toThrow()
    await expect(twice(releaseStock)).rejects.toThrow()
    await expect(twice(reserveStock)).rejects.toThrow('stock_movement_once')
  })
})

describe('a process that stops while it holds a hot row', () => {
  it('is cut off by the database: its reservation never was, and the others go on', async () => {
    const tea = await shop.sku({ 1: 3 })
    const stuck = connect(fresh.url, { statementMs: 300 })
    const [mine, other] = [shop.orderInput(buyer, [[tea, 3]]), shop.orderInput(buyer, [[tea, 2]])]
    for (const input of [mine, other]) await openAlone(sql, input, run)
    const holding = gate()
    const forward = stuck.sql.begin(async (tx) => {
      await once(tx, { order: mine.orderId, step: 'reserve_stock' }, () => reserveStock(tx, mine.orderId))
      holding.open()
      await new Promise(() => {}) // It never goes on.
    })
    const cut = expect(forward).rejects.toThrow()
    await holding.opened
    await placeStep(sql, other.orderId, 'reserve_stock')
    await cut
    await stuck.close()
    expect(await reserved(mine.orderId)).toEqual([])
    expect(await reserved(other.orderId)).toEqual([{ sku: tea, warehouse: 1, pieces: 2 }])
    await reject(sql, mine.orderId)
    await reject(sql, other.orderId)
  })
})
