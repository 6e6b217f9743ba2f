import type { MoneyJson } from './money.ts'

/** Why a coupon cannot be used on an order. */
export type CouponReason = 'used' | 'expired' | 'not_yours' | 'below_minimum' | 'out_of_scope'

/**
 * Why an order cannot be paid on delivery: not offered, not there, not so much, or enough of them on their
 * way.
 */
type OnDeliveryReason = 'off' | 'province' | 'amount' | 'too_many'

/**
 * The details of each refusal: what a buyer's page needs to say what to do next. Plain JSON, no personal
 * data.
 */
export type RefusalDetails = {
  quote_expired: { expiredAt: string }
  quote_forged: Record<never, never>
  token_reused: Record<never, never>
  empty_order: Record<never, never>
  quantity_invalid: { sku: string; quantity: number }
  sku_unknown: { sku: string }
  not_on_sale: { sku: string }
  price_changed: { sku: string; was: MoneyJson; is: MoneyJson }
  amount_changed: { was: MoneyJson; is: MoneyJson }
  out_of_stock: { skus: string[] }
  coupon_unavailable: { reason: CouponReason }
  balance_insufficient: { available: MoneyJson }
  points_insufficient: { available: string }
  too_many_unpaid_orders: { limit: number }
  too_many_pieces: { sku: string; limit: number; held: number }
  on_delivery_unavailable: { reason: OnDeliveryReason }
  address_unknown: Record<never, never>
  buyer_blocked: Record<never, never>
  unavailable: { step: string }
  already_paid: Record<never, never>
  attempt_unsettled: { retryAfterS: number }
  order_closing: Record<never, never>
  order_closed: Record<never, never>
  not_payable: { status: string }
  payment_refused: { provider: string; code: string }
  too_many_attempts: { limit: number }
  not_refundable: { status: string }
  nothing_to_refund: Record<never, never>
  refund_exceeds: { line: number; available: number }
  refund_reused: { key: string }
  refund_unknown: { number: string }
  refund_not_failed: { state: string }
  session_unknown: Record<never, never>
  session_ended: Record<never, never>
  session_exists: { session: string }
  offer_unknown: { session: string; sku: string }
  offer_exists: { session: string; sku: string }
  quota_short: { available: number }
  quota_below_granted: { least: number }
}
export type RefusalCode = keyof RefusalDetails

/**
 * A "no" that is an answer, not a fault: the buyer gets it, it is never retried, and leaves nothing behind.
 */
export type Refusal = { [C in RefusalCode]: { code: C; details: RefusalDetails[C] } }[RefusalCode]

/** The HTTP status of each refusal. */
export const refusalStatus: Record<RefusalCode, 401 | 404 | 409 | 410 | 422 | 502 | 503> = {
  quote_expired: 410,
  quote_forged: 401,
  token_reused: 409,
  empty_order: 422,
  quantity_invalid: 422,
  sku_unknown: 409,
  not_on_sale: 409,
  price_changed: 409,
  amount_changed: 409,
  out_of_stock: 409,
  coupon_unavailable: 409,
  balance_insufficient: 409,
  points_insufficient: 409,
  too_many_unpaid_orders: 409,
  too_many_pieces: 409,
  on_delivery_unavailable: 409,
  address_unknown: 409,
  buyer_blocked: 409,
  unavailable: 503,
  already_paid: 409,
  attempt_unsettled: 409,
  order_closing: 409,
  order_closed: 409,
  not_payable: 409,
  payment_refused: 502,
  too_many_attempts: 409,
  not_refundable: 409,
  nothing_to_refund: 409,
  refund_exceeds: 409,
  refund_reused: 409,
  refund_unknown: 404,
  refund_not_failed: 409,
  session_unknown: 404,
  session_ended: 409,
  session_exists: 409,
  offer_unknown: 404,
  offer_exists: 409,
  quota_short: 409,
  quota_below_granted: 409,
}

/**
 * Thrown where a refusal has to roll back a transaction or cross a call; caught at the edge and turned into
 * an answer.
 */
export class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.code)
    this.name = 'Refused'
    this.refusal = refusal
  }
}

/** Throws `Refused`: `refuse('out_of_stock', { skus })`. */
export function refuse<C extends RefusalCode>(code: C, details: RefusalDetails[C]): never {
  // The union is keyed by code, which a generic cannot show to the compiler.
  throw new Refused({ code, details } as Refusal)
}
