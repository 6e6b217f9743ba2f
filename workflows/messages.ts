import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { defineSignal, defineUpdate } from '@temporalio/workflow'
import type { NewOffer, QuotaChange } from '../domain/flash-sale.ts'
import type { NotificationId, RefundNumber } from '../domain/ids.ts'
import type { ClosedWhy, OrderStatus } from '../domain/order.ts'

/** How an order's workflow ends. */
export type OrderEnd = { status: OrderStatus }

export type RefundInput = { number: RefundNumber }

/** Which statement: a provider's of a day in Shanghai, `YYYY-MM-DD`. */
export type ReconcileInput = { provider: string; date: string }

/**
 * The resolver has settled this order's payment, which this notification reported. The rows say so too;
 * without the signal it is learnt later.
 */
export const paid = defineSignal<[NotificationId]>('paid')

/** Somebody wants the order closed before its deadline. */
export const cancel = defineSignal<[ClosedWhy]>('cancel')

/**
 * What operators do to a session while it lives. Each answers when it is done; a refusal is a failure of type
 * `refused`.
 */
export const addOffer = defineUpdate<void, [NewOffer]>('addOffer')
export const changeQuota = defineUpdate<void, [QuotaChange]>('changeQuota')
export const pause = defineUpdate<void>('pause')
export const resume = defineUpdate<void>('resume')
/** Answers once the gates are closed; staging and counting follow. */
export const endNow = defineUpdate<void>('endNow')

/** Search attributes: who bought, what kind of order (1 normal, 2 seckill), and why a human should look. */
export const buyerId = defineSearchAttributeKey('BuyerId', SearchAttributeType.KEYWORD)
export const orderKind = defineSearchAttributeKey('OrderKind', SearchAttributeType.KEYWORD)
export const attentionReason = defineSearchAttributeKey('Attention', SearchAttributeType.KEYWORD)

/**
 * The queue of provider calls that goes with a queue of orders: `orders` → `payments`, `orders-x` →
 * `payments-x`.
 */
export const paymentsQueue = (ordersQueue: string): string => ordersQueue.replace(/^orders/, 'payments')
