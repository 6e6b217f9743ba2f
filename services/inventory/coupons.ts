import type { Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'

/** Holds the order's coupon for it. Refuses with `coupon_unavailable` when another order has it. */
export async function lockCoupon(tx: Tx, order: OrderId): Promise<void> {
  const locked = await tx`
    WITH locked AS (
      UPDATE user_coupons c SET state = 'locked', order_id = o.id FROM orders o
      WHERE o.id = ${order} AND c.id = o.user_coupon_id AND c.user_id = o.buyer_id AND c.state = 'unused' RETURNING c.id)
    INSERT INTO coupon_movements (user_coupon_id, order_id, kind) SELECT id, ${order}, 'locked' FROM locked`
  if (locked.count !== 1) refuse('coupon_unavailable', { reason: 'used' })
}

/** Gives the coupon back to its buyer. */
export async function unlockCoupon(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    WITH unlocked AS (
      UPDATE user_coupons c SET state = 'unused', order_id = NULL FROM orders o
      WHERE o.id = ${order} AND c.id = o.user_coupon_id AND c.order_id = o.id AND c.state = 'locked' RETURNING c.id)
    INSERT INTO coupon_movements (user_coupon_id, order_id, kind) SELECT id, ${order}, 'unlocked' FROM unlocked`
}

/** The order is settled: its coupon is spent. Without one, nothing happens. */
export async function useCoupon(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    WITH used AS (
      UPDATE user_coupons c SET state = 'used' FROM orders o
      WHERE o.id = ${order} AND c.id = o.user_coupon_id AND c.order_id = o.id AND c.state = 'locked' RETURNING c.id)
    INSERT INTO coupon_movements (user_coupon_id, order_id, kind) SELECT id, ${order}, 'used' FROM used`
}

/** The order was refunded whole before it was shipped: its coupon is the buyer's again. */
export async function unspendCoupon(tx: Tx, order: OrderId): Promise<void> {
  await tx`
    WITH unspent AS (
      UPDATE user_coupons c SET state = 'unused', order_id = NULL FROM orders o
      WHERE o.id = ${order} AND c.id = o.user_coupon_id AND c.order_id = o.id AND c.state = 'used' RETURNING c.id)
    INSERT INTO coupon_movements (user_coupon_id, order_id, kind) SELECT id, ${order}, 'unlocked' FROM unspent`
}
