import type { NotificationId, OrderId } from '../domain/ids.ts'
import type { ClosedWhy } from '../domain/order.ts'
import type { OrderInput } from '../domain/order-input.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type AttentionReason, clearAttention, raiseAttention } from '../services/operations/attention.ts'
import { closeOrder } from '../services/orders/close.ts'
import { confirmOrder } from '../services/orders/confirm.ts'
import { leaveCart } from '../services/orders/leave-cart.ts'
import { openAlone } from '../services/orders/open.ts'
import { placeInOneTransaction } from '../services/orders/place.ts'
import { rejectOrder } from '../services/orders/reject.ts'
import { placeStep } from '../services/orders/reserve.ts'
import { resolvePayment } from '../services/payments/resolve-payment.ts'
import type { ActivityDeps } from './deps.ts'
import { withFailures } from './failures.ts'

/** The activities of the queue `orders`: SQL and Redis only, short, at most once in effect. */
export function createOrderActivities({ sql, events, carts, accounts, log }: ActivityDeps) {
  const announcing = async <T>(order: OrderId, work: Promise<T>): Promise<T> => {
    const result = await work
    events.announce(order)
    return result
  }
  return withFailures({
    /**
     * The fast path: all of placing at once. Undefined: the single steps have to go on where others stopped.
     */
    place: async (input: OrderInput, runId: string) => {
      const placed = await placeInOneTransaction(sql, input, runId)
      if (placed && placed.status !== 'rejected') await leaveCart({ sql, carts, log }, input)
      if (placed) events.announce(input.orderId)
      return placed
    },
    openOrder: async (input: OrderInput, runId: string) => {
      const opened = await openAlone(sql, input, runId)
      if (opened.status !== 'placing') events.announce(input.orderId)
      return opened
    },
    reserveStock: (order: OrderId) => placeStep(sql, order, 'reserve_stock'),
    takeOffer: (order: OrderId) => placeStep(sql, order, 'take_offer'),
    lockCoupon: (order: OrderId) => placeStep(sql, order, 'lock_coupon'),
    debitBalance: (order: OrderId) => placeStep(sql, order, 'debit_balance'),
    spendPoints: (order: OrderId) => placeStep(sql, order, 'spend_points'),
    confirm: async (input: OrderInput) => {
      const confirmed = await confirmOrder(sql, input.orderId, input.payWithinMs)
      await announcing(input.orderId, leaveCart({ sql, carts, log }, input))
      return confirmed
    },
    rejectOrder: (order: OrderId, refusal: Refusal) => announcing(order, rejectOrder(sql, order, refusal)),
    closeOrder: (order: OrderId, why: ClosedWhy) => announcing(order, closeOrder(sql, order, why)),
    resolvePayment: (order: OrderId, notification: NotificationId) =>
      announcing(order, resolvePayment(sql, accounts, notification)),
    raiseAttention: (reason: AttentionReason, subject: string, orderId: OrderId | null) =>
      raiseAttention(sql, { reason, subject, orderId }),
    clearAttention: (reason: AttentionReason, subject: string) => clearAttention(sql, reason, subject),
  })
}
export type OrderActivities = ReturnType<typeof createOrderActivities>
