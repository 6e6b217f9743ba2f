import { beforeEach, describe, expect, it } from 'vitest'
import type { Tx } from '../../../db/types.ts'
import type { CouponId, OrderId } from '../../../domain/ids.ts'
import { lockCoupon, unlockCoupon, unspendCoupon, useCoupon } from '../../../services/inventory/coupons.ts'
import { openAlone } from '../../../services/orders/open.ts'
import { movementsOf } from '../../support/books.ts'
import type { Shopper } from '../../support/shop.ts'
import { useShop } from '../../support/use-shop.ts'
import { run } from '../orders/everything.ts'

// Coupons are moved here without the steps that an order would record.
const { sql, shop } = await useShop({ booksAddUp: false })
const tea = await shop.sku({ 1: 1000 })
const used = { refusal: { code: 'coupon_unavailable', details: { reason: 'used' } } }

let buyer: Shopper
let coupon: CouponId
let other: CouponId
beforeEach(async () => {
  buyer = await shop.buyer()
  ;[coupon, other] = [await shop.coupon(buyer.id), await shop.coupon(buyer.id)]
})

async function opened(couponId: CouponId | undefined): Promise<OrderId> {
  const input = shop.orderInput(buyer, [[tea, 1]], couponId === undefined ? {} : { couponId })
  expect(await openAlone(sql, input, run)).toMatchObject({ status: 'placing' })
  return input.orderId
}
const does = (change: (tx: Tx, order: OrderId) => Promise<void>, order: OrderId): Promise<void> =>
  sql.begin((tx) => change(tx, order))
const states = async () =>
  Object.fromEntries(
    (
      await sql<{ id: string; is: string }[]>`
        SELECT id::text AS id, concat_ws(' ', state, 'by ' || order_id) AS is
        FROM user_coupons
        WHERE user_id = ${buyer.id}`
    ).map(({ id, is }) => [id, is]),
  )

describe('an order', () => {
  it('locks its own coupon, and none of the others that its buyer has', async () => {
    const order = await opened(other)
    await does(lockCoupon, order)
    expect(await states()).toEqual({ [coupon]: 'unused', [other]: `locked by ${order}` })
    await does(useCoupon, order)
    expect(await states()).toEqual({ [coupon]: 'unused', [other]: `used by ${order}` })
    await does(unspendCoupon, order)
    expect(await states()).toEqual({ [coupon]: 'unused', [other]: 'unused' })
    expect(await movementsOf(sql, order)).toEqual(['coupon locked', 'coupon unlocked', 'coupon used'])
  })

  it('that is not placed gives its coupon back', async () => {
    const order = await opened(coupon)
    await does(lockCoupon, order)
    await does(unlockCoupon, order)
    expect(await states()).toEqual({ [coupon]: 'unused', [other]: 'unused' })
  })

  it('is refused a coupon that another order has locked, or has used', async () => {
    const [first, second] = [await opened(coupon), await opened(coupon)]
    await does(lockCoupon, first)
    await expect(does(lockCoupon, second)).rejects.toMatchObject(used)
    await does(useCoupon, first)
    await expect(does(lockCoupon, second)).rejects.toMatchObject(used)
    expect(await states()).toMatchObject({ [coupon]: `used by ${first}` })
  })

  it('neither frees nor spends a coupon that another order has', async () => {
    const [first, second] = [await opened(coupon), await opened(coupon)]
    await does(lockCoupon, first)
    for (const change of [unlockCoupon, useCoupon, unspendCoupon]) await does(change, second)
    expect(await states()).toMatchObject({ [coupon]: `locked by ${first}` })
    await does(useCoupon, first)
    for (const change of [unlockCoupon, useCoupon, unspendCoupon]) await does(change, second)
    expect(await states()).toMatchObject({ [coupon]: `used by ${first}` })
    expect(await movementsOf(sql, second)).toEqual([])
  })

  it('moves its coupon once a change, and only from the state that the change leaves', async () => {
    const order = await opened(coupon)
    await does(lockCoupon, order)
    await does(unspendCoupon, order)
    expect(await states()).toMatchObject({ [coupon]: `locked by ${order}` })
    for (let i = 0; i < 2; i++) await does(useCoupon, order)
    await does(unlockCoupon, order)
    expect(await states()).toMatchObject({ [coupon]: `used by ${order}` })
    expect(await movementsOf(sql, order)).toEqual(['coupon locked', 'coupon used'])
  })

  it('does not get a coupon that has changed hands since', async () => {
    const [order, heir] = [await opened(coupon), await shop.buyer()]
    await sql`UPDATE user_coupons SET user_id = ${heir.id} WHERE id = ${coupon}`
    await expect(does(lockCoupon, order)).rejects.toMatchObject(used)
  })

  it('without a coupon moves none', async () => {
    const order = await opened(undefined)
    for (const change of [useCoupon, unlockCoupon, unspendCoupon]) await does(change, order)
    expect(await states()).toEqual({ [coupon]: 'unused', [other]: 'unused' })
  })
})
