import { describe, expect, it } from 'vitest'
import type { AddressId, CouponId, OrderId, SkuId, UserId } from '../../../domain/ids.ts'
import { fen, moneyJson } from '../../../domain/money.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { openAlone } from '../../../services/orders/open.ts'
import { placeStep } from '../../../services/orders/reserve.ts'
import { holdings, movementsOf, orderRow, stepsOf } from '../../support/books.ts'
import { useShop } from '../../support/use-shop.ts'
import { done, everything, reject, reserving, run } from './everything.ts'

const { sql, shop } = await useShop()
const buyer = await shop.buyer({ balance: 2000, points: 2000 })
const stranger = await shop.buyer()
const tea = await shop.sku({ 1: 5000 })
const cup = await shop.sku({ 1: 50 }, 700)

const money = (amount: number) => moneyJson(fen(amount))
const unknown = '1' as SkuId & AddressId & CouponId & UserId // An id that nothing has.
const teas = (but: Partial<OrderInput> = {}, quantity = 2) => shop.orderInput(buyer, [[tea, quantity]], but)
const line = (quantity: number) => ({ lines: [{ sku: tea, quantity, unitPrice: '1000' }] })

/** What makes an order impossible, and how it is refused. */
const impossible: [
  string,
  () => Partial<OrderInput> | Promise<Partial<OrderInput>>,
  object | (() => object),
][] = [
  [
    'a SKU that there is not',
    () => ({ lines: [{ sku: unknown, quantity: 1, unitPrice: '1' }] }),
    { code: 'sku_unknown', details: { sku: '1' } },
  ],
  [
    'a SKU that is not on sale',
    async () => {
      const gone = await shop.sku({ 1: 1 })
      await sql`UPDATE skus SET on_sale = false WHERE id = ${gone}`
      return { lines: [{ sku: gone, quantity: 1, unitPrice: '1000' }] }
    },
    { code: 'not_on_sale' },
  ],
  [
    'a price that has changed',
    () => ({ lines: [{ sku: tea, quantity: 1, unitPrice: '999' }] }),
    () => ({ code: 'price_changed', details: { sku: tea, was: money(999), is: money(1000) } }),
  ],
  [
    'a fee that has changed',
    () => ({ rates: { '*': { fee: '500', freeFrom: '20000' } } }),
    { code: 'amount_changed', details: { was: money(2500), is: money(3000) } },
  ],
  [
    'free shipping that has begun meanwhile',
    () => ({ ...line(20), rates: { '*': { fee: '1000', freeFrom: null } } }),
    { code: 'amount_changed', details: { was: money(21_000), is: money(20_000) } },
  ],
  ['another buyer’s address', () => ({ addressId: stranger.addressId }), { code: 'address_unknown' }],
  ['an address that there is not', () => ({ addressId: unknown }), { code: 'address_unknown' }],
  ['a buyer who there is not', () => ({ buyerId: unknown }), { code: 'buyer_blocked' }],
  ['a blocked buyer', async () => blockedBuyer(), { code: 'buyer_blocked' }],
  ['no lines', () => ({ lines: [] }), { code: 'empty_order' }],
  ['no pieces', () => line(0), { code: 'quantity_invalid' }],
  ['fewer than no pieces', () => line(-1), { code: 'quantity_invalid' }],
  ['half a piece', () => line(1.5), { code: 'quantity_invalid' }],
  [
    'a thousand pieces',
    () => line(1000),
    () => ({ code: 'quantity_invalid', details: { sku: tea, quantity: 1000 } }),
  ],
  [
    'more points than half of the goods',
    () => ({ points: '1001' }),
    { code: 'points_insufficient', details: { available: '1000' } },
  ],
  ['another buyer’s coupon', async () => ({ couponId: await shop.coupon(stranger.id) }), coupon('not_yours')],
  ['a coupon that there is not', () => ({ couponId: unknown }), coupon('not_yours')],
  [
    'an expired coupon',
    async () => ({ couponId: await shop.coupon(buyer.id, { until: new Date(Date.now() - 1000) }) }),
    coupon('expired'),
  ],
  [
    'a coupon for more',
    async () => ({ couponId: await shop.coupon(buyer.id, { minimum: 2001 }) }),
    coupon('below_minimum'),
  ],
  [
    'a coupon for other goods',
    async () => ({ couponId: await shop.coupon(buyer.id, { scope: [cup] }) }),
    coupon('out_of_scope'),
  ],
  ['a coupon that another order has', async () => heldCoupon(), coupon('used')],
]

function coupon(reason: string) {
  return { code: 'coupon_unavailable', details: { reason } }
}
async function blockedBuyer() {
  const blocked = await shop.buyer({ blocked: true })
  return { buyerId: blocked.id, addressId: blocked.addressId }
}
async function heldCoupon() {
  const couponId = await shop.coupon(buyer.id)
  const other = teas({ couponId })
  await openAlone(sql, other, run)
  await placeStep(sql, other.orderId, 'reserve_stock')
  await placeStep(sql, other.orderId, 'lock_coupon')
  return { couponId }
}

describe('opening an order', () => {
  it.each(impossible)(
    'with %s writes a refused order with why, and touches nothing else',
    async (_, but, refusal) => {
      const input = teas(await but())
      const before = await holdings(sql)
      expect(await openAlone(sql, input, run)).toEqual({ mine: true, fresh: true, status: 'rejected' })
      const row = await orderRow(sql, input.orderId)
      expect(row).toMatchObject({
        status: 'rejected',
        refusal: typeof refusal === 'function' ? refusal() : refusal,
      })
      expect(await movementsOf(sql, input.orderId)).toEqual([])
      expect(await stepsOf(sql, input.orderId)).toEqual({})
      expect(await holdings(sql)).toEqual(before)
      expect(await openAlone(sql, input, run)).toEqual({ mine: true, fresh: false, status: 'rejected' })
    },
  )

  it('takes 999 pieces, and points up to half of the goods after the coupon', async () => {
    expect(await openAlone(sql, teas({}, 999), run)).toMatchObject({ status: 'placing' })
    const couponId = await shop.coupon(buyer.id)
    expect(await openAlone(sql, teas({ couponId, points: '850' }), run)).toMatchObject({ status: 'placing' })
    expect(await openAlone(sql, teas({ couponId, points: '851' }), run)).toMatchObject({ status: 'rejected' })
  })

  it('again by the same run goes on with it; by another run it answers what is stored', async () => {
    const input = teas()
    expect(await openAlone(sql, input, run)).toEqual({ mine: true, fresh: true, status: 'placing' })
    expect(await openAlone(sql, input, run)).toEqual({ mine: true, fresh: false, status: 'placing' })
    expect(await openAlone(sql, input, 'another run')).toEqual({
      mine: false,
      fresh: false,
      status: 'placing',
    })
    await reject(sql, input.orderId)
    expect(await openAlone(sql, input, 'another run')).toEqual({
      mine: false,
      fresh: false,
      status: 'rejected',
    })
  })

  it('by ten runs at once writes one row, which is one run’s', async () => {
    const input = teas()
    const opened = await Promise.all(Array.from({ length: 10 }, (_, i) => openAlone(sql, input, `run ${i}`)))
    expect(opened.filter(({ mine }) => mine)).toEqual([{ mine: true, fresh: true, status: 'placing' }])
  })

  it('takes the note that was written for this very request, and no other', async () => {
    const input = teas({ fingerprint: 'mine' })
    await sql`
      INSERT INTO order_notes (order_id, fingerprint, note)
      VALUES (${input.orderId}, 'mine', 'ring twice'), (${input.orderId}, 'other', 'no')`
    await openAlone(sql, input, run)
    const without = teas({ fingerprint: 'mine' })
    await sql`
      INSERT INTO order_notes (order_id, fingerprint, note)
      VALUES (${without.orderId}, 'other', 'no')`
    await openAlone(sql, without, run)
    const notes = await sql<
      { note: string }[]
    >`SELECT note FROM orders WHERE id IN (${input.orderId}, ${without.orderId}) ORDER BY id`
    expect(notes.map(({ note }) => note)).toEqual(['ring twice', ''])
  })
})

describe('an opened order', () => {
  const snapshot = async (order: OrderId) => ({
    order: await sql`
        SELECT address, goods_fen, shipping_fen, coupon_fen, points_fen, balance_fen, due_fen
        FROM orders
        WHERE id = ${order}`,
    lines: await sql`SELECT * FROM order_lines WHERE order_id = ${order} ORDER BY line`,
  })

  it('stays as it was, whatever is edited later', async () => {
    const input = await everything(shop)
    const order = await done(sql, input, reserving.length)
    const before = await snapshot(order)
    await sql`
      UPDATE skus
      SET name = 'Renamed', image = '', attributes = '{}', price_fen = 1, on_sale = false
      WHERE id = ANY(${input.lines.map((l) => l.sku)}::bigint[])`
    await sql`UPDATE addresses SET name = '李四', province = '西藏' WHERE id = ${input.addressId}`
    await sql`
      UPDATE coupons
      SET amount_fen = 1, valid_until = now()
      WHERE id = (SELECT coupon_id FROM user_coupons WHERE id = ${input.couponId ?? null})`
    expect(await openAlone(sql, input, run)).toMatchObject({ status: 'placing' })
    expect(await snapshot(order)).toEqual(before)
    expect(before.lines[0]).toMatchObject({
      name: 'Green tea',
      image: '/tea.png',
      attributes: { weight: '250 g' },
      unit_price_fen: 1000n,
      quantity: 4,
    })
    expect(before.order[0]).toMatchObject({
      address: { name: '张三', phone: '13800138000', province: '浙江', postCode: '310000', label: '家' },
    })
  })
})
