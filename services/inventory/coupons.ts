import type { Tx } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import { refuse } from '../../domain/refusals.ts'

type State = 'unused' | 'locked' | 'used'
/** `unspent` leaves `used`, the others what their names say. A movement is of the state that it leads to. */
const changes = {
  lock: { from: 'unused', to: 'locked', movement: 'locked' },
  unlock: { from: 'locked', to: 'unused', movement: 'unlocked' },
  use: { from: 'locked', to: 'used', movement: 'used' },
  unspend: { from: 'used', to: 'unused', movement: 'unlocked' },
} as const satisfies Record<string, { from: State; to: State; movement: string }>

/** Holds the order's coupon for it. @throws {Refused} coupon_unavailable when another order has it */
export async function lockCoupon(tx: Tx, order: OrderId): Promise<void> {
  if (!(await change(tx, order, 'lock'))) refuse('coupon_unavailable', { reason: 'used' })
}

/** Undoes `lockCoupon`: the coupon is its buyer's again. */
export async function unlockCoupon(tx: Tx, order: OrderId): Promise<void> {
  await change(tx, order, 'unlock')
}

/** The order is settled: its coupon is spent. Does nothing for an order without one. */
export async function useCoupon(tx: Tx, order: OrderId): Promise<void> {
  await change(tx, order, 'use')
}

/** The order was refunded whole before it was shipped: its coupon is the buyer's again. */
export async function unspendCoupon(tx: Tx, order: OrderId): Promise<void> {
  await change(tx, order, 'unspend')
}

/**
 * The only writer of a coupon's state, and of its movements. False when the order has none, or it is in
 * another state.
 */
async function change(tx: Tx, order: OrderId, what: keyof typeof changes): Promise<boolean> {
  const { from, to, movement } = changes[what]
  const changed = await tx`
    WITH changed AS (
      UPDATE user_coupons c
      SET state = ${to}, order_id = ${to === 'unused' ? null : order}
      FROM orders o
      WHERE o.id = ${order}
        AND c.id = o.user_coupon_id
        AND c.user_id = o.buyer_id
        AND c.state = ${from}
        AND c.order_id IS NOT DISTINCT FROM ${from === 'unused' ? null : order}::bigint
      RETURNING c.id)
    INSERT INTO coupon_movements (user_coupon_id, order_id, kind)
    SELECT id, ${order}, ${movement}
    FROM changed`
  return changed.count === 1
}
