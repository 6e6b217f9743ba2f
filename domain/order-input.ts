import type { AddressId, CouponId, OrderId, SessionId, UserId } from './ids.ts'
import type { OrderKind, PaymentMethod } from './order.ts'
import type { OrderLimits } from './order-limits.ts'
import type { FenText, QuotedLine, QuotedRates } from './quote.ts'

/** What an order's workflow is started with: the quote and the choice, without personal data. */
export type OrderInput = {
  orderId: OrderId
  buyerId: UserId
  kind: OrderKind
  source: string
  /** Of a flash order: its line is this session's offer, taken by the ticket of the order's id. */
  session?: SessionId
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
  /** What its buyer may hold unpaid; a flash order has its offer's limit instead. */
  limits?: OrderLimits
}
