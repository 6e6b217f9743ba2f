import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { defineSignal } from '@temporalio/workflow'
import type { AddressId, CouponId, NotificationId, OrderId, RefundNumber, UserId } from '../domain/ids.ts'
import type { ClosedWhy, OrderKind, OrderStatus, PaymentMethod } from '../domain/order.ts'
import type { FenText, QuotedLine, QuotedRates } from '../domain/quote.ts'

/** What an order's workflow is started with: the quote and the choice, without personal data. */
export type OrderInput = {
  orderId: OrderId
  buyerId: UserId
  kind: OrderKind
  source: string
  lines: QuotedLine[]
  rates: QuotedRates
  addressId: AddressId
  couponId?: CouponId
  points: string
  balance: FenText
  payment: PaymentMethod
  fingerprint: string
  /** How long the order waits for its payment, from `confirm` on. */
  payWithinMs: number
}

/** How an order's workflow ends. */
export type OrderEnd = { status: OrderStatus }

export type RefundInput = { number: RefundNumber }

/** The judge has settled this order's payment, which this notification told of. The rows say so too; without the signal it is learnt later. */
export const paid = defineSignal<[NotificationId]>('paid')

/** Somebody wants the order closed before its deadline. */
export const cancel = defineSignal<[ClosedWhy]>('cancel')

/** Search attributes: who bought, what kind of order (1 normal, 2 seckill), and why a human should look. */
export const buyerId = defineSearchAttributeKey('BuyerId', SearchAttributeType.KEYWORD)
export const orderKind = defineSearchAttributeKey('OrderKind', SearchAttributeType.KEYWORD)
export const attentionReason = defineSearchAttributeKey('Attention', SearchAttributeType.KEYWORD)

/** The queue of provider calls that goes with a queue of orders: `orders` → `payments`, `orders-x` → `payments-x`. */
export const paymentsQueue = (ordersQueue: string): string => ordersQueue.replace(/^orders/, 'payments')
