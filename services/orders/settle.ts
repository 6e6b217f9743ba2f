import { pipelined } from '../../db/pipelined.ts'
import type { Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import { payTicket } from '../flash-sales/offers.ts'
import { useCoupon } from '../inventory/coupons.ts'
import { grantPoints } from '../inventory/points.ts'
import { countSales } from '../inventory/sales.ts'
import { deductStock } from '../inventory/stock.ts'

/**
 * What follows from an order's money, or from cash on delivery: its goods leave the shelves, a flash sale's
 * ticket is paid, its coupon is spent, points and growth are granted (for money only), sales are counted. The
 * caller has just moved the order to `to_ship` in this transaction, which can happen once. One pipeline, in
 * the order of locks (docs/architecture.md): goods, coupon, loyalty, sales.
 */
export async function settle(tx: Tx, order: OrderId, money: 'paid' | 'on_delivery'): Promise<void> {
  await pipelined(tx, [
    deductStock(tx, order),
    payTicket(tx, order),
    useCoupon(tx, order),
    ...(money === 'paid' ? [grantPoints(tx, order)] : []),
    countSales(tx, order),
  ])
}
