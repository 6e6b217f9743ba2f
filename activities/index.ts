import type { Logger } from 'pino'
import type { Db } from '../db/client.ts'
import type { NewOffer, QuotaChange } from '../domain/flash-sale.ts'
import type { Ids, NotificationId, OrderId, RefundNumber, SessionId } from '../domain/ids.ts'
import type { ClosedWhy } from '../domain/order.ts'
import type { OrderInput } from '../domain/order-input.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { PaymentProvider } from '../providers/provider.ts'
import type { Carts } from '../redis/carts.ts'
import type { Events } from '../redis/events.ts'
import type { Gate } from '../redis/gate/gate.ts'
import type { TicketQueue } from '../redis/gate/queue.ts'
import { planDay } from '../services/flash-sales/plan-day.ts'
import { changeQuota } from '../services/flash-sales/quota.ts'
import { closeGates, pauseSession } from '../services/flash-sales/session-phase.ts'
import { addOffer, endSession, preheat, removeGate, untilStaged } from '../services/flash-sales/sessions.ts'
import { type AttentionReason, clearAttention, raiseAttention } from '../services/operations/attention.ts'
import { closeOrder, rejectOrder } from '../services/orders/close.ts'
import { leaveCart } from '../services/orders/leave-cart.ts'
import { confirmOrder, openAlone, placeInOneTransaction, placeStep } from '../services/orders/place.ts'
import { closeAttempt } from '../services/payments/close-attempt.ts'
import { type Accounts, resolvePayment } from '../services/payments/resolve-payment.ts'
import { type RefundDeps, refundAtProvider } from '../services/payments/send-refund.ts'
import { refusable } from './failures.ts'
import { createStatementActivities } from './statements.ts'

export type ActivityDeps = {
  db: Db
  ids: Ids
  events: Pick<Events, 'announce' | 'announceSession'>
  carts: Pick<Carts, 'removeBought'>
  gate: Gate
  queue: TicketQueue
  providers: Readonly<Record<string, PaymentProvider>>
  accounts: Accounts
  refundFallback: RefundDeps['refundFallback']
  log: Logger
}

/** The activities of the queue `orders`: SQL and Redis only, short, at most once in effect. What a workflow may call, by name. */
export function createOrderActivities({ db: { sql }, events, carts, accounts, log }: ActivityDeps) {
  const told = async <T>(order: OrderId, work: Promise<T>): Promise<T> => {
    const result = await work
    events.announce(order)
    return result
  }
  return {
    /** The fast path: all of placing at once. Undefined: the single steps have to go on where others stopped. */
    place: async (input: OrderInput, runId: string) => {
      const placed = await placeInOneTransaction(sql, input, runId)
      if (placed && placed.status !== 'rejected') await leaveCart(sql, carts, log, input)
      if (placed) events.announce(input.orderId)
      return placed
    },
    openOrder: async (input: OrderInput, runId: string) => {
      const opened = await openAlone(sql, input, runId)
      if (opened.status !== 'placing') events.announce(input.orderId)
      return opened
    },
    reserveStock: (order: OrderId) => refusable(() => placeStep(sql, order, 'reserve_stock')),
    takeOffer: (order: OrderId) => refusable(() => placeStep(sql, order, 'take_offer')),
    lockCoupon: (order: OrderId) => refusable(() => placeStep(sql, order, 'lock_coupon')),
    debitBalance: (order: OrderId) => refusable(() => placeStep(sql, order, 'debit_balance')),
    spendPoints: (order: OrderId) => refusable(() => placeStep(sql, order, 'spend_points')),
    confirm: (input: OrderInput) =>
      refusable(async () => {
        const confirmed = await confirmOrder(sql, input.orderId, input.payWithinMs)
        await told(input.orderId, leaveCart(sql, carts, log, input))
        return confirmed
      }),
    rejectOrder: (order: OrderId, refusal: Refusal) => told(order, rejectOrder(sql, order, refusal)),
    closeOrder: (order: OrderId, why: ClosedWhy) => told(order, closeOrder(sql, order, why)),
    resolvePayment: async (order: OrderId, notification: NotificationId) =>
      told(order, resolvePayment(sql, accounts, notification)),
    raiseAttention: (reason: AttentionReason, subject: string, orderId: OrderId | null) =>
      raiseAttention(sql, { reason, subject, orderId }),
    clearAttention: (reason: AttentionReason, subject: string) => clearAttention(sql, reason, subject),
  }
}
export type OrderActivities = ReturnType<typeof createOrderActivities>

/** What sessions do to the world: the same queue as orders. Each is safe to repeat, whenever it was broken off. */
export function createSessionActivities({ db: { sql }, gate, queue, events }: ActivityDeps) {
  const telling = async <T>(session: SessionId, work: Promise<T>): Promise<T> => {
    const result = await work
    events.announceSession(session)
    return result
  }
  return {
    planDay: (now: number) => planDay(sql, now),
    preheat: (session: SessionId) => telling(session, preheat(sql, gate, session)),
    addOffer: (session: SessionId, offer: NewOffer) =>
      refusable(() => telling(session, addOffer(sql, gate, session, offer))),
    changeQuota: (session: SessionId, wish: QuotaChange) =>
      refusable(() => telling(session, changeQuota(sql, gate, session, wish))),
    pauseSession: (session: SessionId, paused: boolean) =>
      telling(session, pauseSession(sql, gate, session, paused)),
    closeGates: (session: SessionId) => telling(session, closeGates(sql, gate, session)),
    untilStaged: (session: SessionId) => untilStaged(sql, queue, session),
    endSession: (session: SessionId) => telling(session, endSession(sql, session)),
    removeGate: (session: SessionId) => removeGate(sql, gate, session),
  }
}
export type SessionActivities = ReturnType<typeof createSessionActivities>

/** The activities of the queue `payments`: calls to providers, rate-limited by the worker, never inside a transaction. */
export function createPaymentActivities({
  db: { sql },
  ids,
  providers,
  accounts,
  refundFallback,
}: ActivityDeps) {
  return {
    ...createStatementActivities({ sql, ids, providers, accounts }),
    closeAttempt: (order: OrderId) => closeAttempt(sql, ids, providers, order),
    refundAtProvider: (number: RefundNumber) => refundAtProvider({ sql, providers, refundFallback }, number),
  }
}
export type PaymentActivities = ReturnType<typeof createPaymentActivities>
