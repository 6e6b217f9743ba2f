import type { Sql } from '../../../db/types.ts'
import type { OrderId } from '../../../domain/ids.ts'
import type { OrderInput } from '../../../domain/order-input.ts'
import { confirmOrder } from '../../../services/orders/confirm.ts'
import { openAlone } from '../../../services/orders/open.ts'
import { rejectOrder } from '../../../services/orders/reject.ts'
import { placeStep, type ReservingStep } from '../../../services/orders/reserve.ts'
import type { Shop } from '../../support/shop.ts'

/** Of an order from the cart; a flash order takes its offer instead of reserving. */
export const reserving = [
  'reserve_stock',
  'lock_coupon',
  'debit_balance',
  'spend_points',
] as const satisfies readonly ReservingStep[]
export const run = 'the first run'

/**
 * An order that needs every step: two SKUs, one of them from two warehouses, a coupon, a part from the
 * wallet, points.
 */
export async function everything(shop: Shop, but: Partial<OrderInput> = {}): Promise<OrderInput> {
  const buyer = await shop.buyer({ balance: 2000, points: 500 })
  const couponId = await shop.coupon(buyer.id)
  const lines: Parameters<Shop['orderInput']>[1] = [
    [await shop.sku({ 1: 2, 2: 3 }), 4],
    [await shop.sku({ 1: 5 }, 2550), 1],
  ]
  return shop.orderInput(buyer, lines, { couponId, balance: '700', points: '250', ...but })
}

/** Opens the order and does its first `count` steps, one by one. */
export async function done(sql: Sql, input: OrderInput, count: number = reserving.length): Promise<OrderId> {
  await openAlone(sql, input, run)
  for (const step of reserving.slice(0, count)) await placeStep(sql, input.orderId, step)
  return input.orderId
}

/** Opens, reserves and confirms, one by one. */
export async function confirmed(sql: Sql, input: OrderInput): Promise<OrderId> {
  await done(sql, input)
  await confirmOrder(sql, input.orderId, input.payWithinMs)
  return input.orderId
}

export const unavailable = { code: 'unavailable', details: { step: 'confirm' } } as const

export const reject = (sql: Sql, order: OrderId) => rejectOrder(sql, order, unavailable)
