import type { LogEntry, StoredAttempt, StoredLine, StoredOrder } from '../../../db/reads/orders.ts'
import type { StoredRefund } from '../../../db/reads/refunds.ts'
import { fen, moneyJson, times } from '../../../domain/money.ts'
import type { AttemptView } from '../../deps.ts'
import { refundView } from './refund.ts'

const iso = (moment: Date | null): string | null => moment?.toISOString() ?? null
const money = (amount: bigint | string) => moneyJson(fen(amount))

/** An order as its buyer sees it: goods, prices and address as they were when it was placed. */
export const orderView = (order: StoredOrder) => ({
  id: order.id,
  number: order.id,
  kind: order.kind,
  source: order.source,
  status: order.status,
  payState: order.payState,
  shippingState: order.shippingState,
  payment: order.payment,
  amounts: {
    goods: money(order.goodsFen),
    shipping: money(order.shippingFen),
    coupon: money(order.couponFen),
    points: money(order.pointsFen),
    balance: money(order.balanceFen),
    due: money(order.dueFen),
  },
  pointsUsed: order.points.toString(),
  couponId: order.userCouponId,
  lines: order.lines.map(lineView),
  address: order.address,
  note: order.note,
  placedAt: order.placedAt.toISOString(),
  confirmedAt: iso(order.confirmedAt),
  payBy: iso(order.payBy),
  paidAt: iso(order.paidAt),
  closedAt: iso(order.closedAt),
  closedWhy: order.closedWhy,
  refusal: order.refusal && { code: order.refusal.code, details: { ...order.refusal.details } },
})

const lineView = ({ unitPrice, quantity, coupon, points, balance, ...line }: StoredLine) => ({
  ...line,
  unitPrice: money(unitPrice),
  quantity,
  amount: moneyJson(times(fen(unitPrice), quantity)),
  coupon: money(coupon),
  points: money(points),
  balance: money(balance),
})

type OrderStory = {
  log: readonly LogEntry[]
  attempts: readonly StoredAttempt[]
  refunds: readonly StoredRefund[]
}

/** An order with what happened to it, every try to pay it, and what went back. */
export const orderWithStoryView = (order: StoredOrder, { log, attempts, refunds }: OrderStory) => ({
  ...orderView(order),
  refunds: refunds.map(refundView),
  log: log.map(({ at, from, to, why }) => ({ at: at.toISOString(), from, to, why })),
  attempts: attempts.map(
    ({
      number,
      channel,
      state,
      amount,
      captured,
      refunding,
      refunded,
      answer,
      openedAt,
      expiresAt,
      endedAt,
    }) => ({
      number,
      channel,
      state,
      amount: money(amount),
      captured: money(captured),
      refunding: money(refunding),
      refunded: money(refunded),
      qr: answer?.kind === 'qr' ? answer.qr : null,
      answer,
      openedAt: openedAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      endedAt: iso(endedAt),
    }),
  ),
})

/** An attempt that was just opened: what the buyer needs to pay it. */
export const attemptView = ({ number, channel, state, amount, answer, expiresAt }: AttemptView) => ({
  number,
  channel,
  state,
  amount: moneyJson(amount),
  qr: answer?.kind === 'qr' ? answer.qr : null,
  answer,
  expiresAt: expiresAt.toISOString(),
})
