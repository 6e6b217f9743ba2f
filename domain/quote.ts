import type { AddressId, CouponId, OrderId, SkuId, UserId } from './ids.ts'
import { fen } from './money.ts'
import type { PaymentMethod } from './order.ts'
import type { ShippingRates } from './price.ts'

/** Amounts as decimal strings of fen: these types travel through tokens and workflow histories. */
export type FenText = string

/** `cartLine`: the cart line it was quoted from, which leaves the cart when the order is confirmed. */
export type QuotedLine = { sku: SkuId; quantity: number; unitPrice: FenText; cartLine?: string }

export type QuotedRates = Record<string, { fee: FenText; freeFrom: FenText | null }>

/** What a quote token says. The id is the id of the order that it becomes. */
export type Quote = {
  id: OrderId
  buyer: UserId
  /** Where the buyer came from: `web`, `app`, `mini_program`. */
  source: string
  lines: QuotedLine[]
  rates: QuotedRates
  /** Seconds since 1970. */
  expires: number
}

/** What the buyer chose on the confirm page. */
export type Choice = {
  addressId: AddressId
  couponId?: CouponId | undefined
  points?: string | undefined
  balance?: FenText | undefined
  payment: PaymentMethod
  note?: string | undefined
}

/** The rates of a token or a history, as amounts again. */
export const ratesOf = (rates: QuotedRates): ShippingRates =>
  Object.fromEntries(
    Object.entries(rates).map(([province, { fee, freeFrom }]) => [
      province,
      { fee: fen(fee), freeFrom: freeFrom === null ? null : fen(freeFrom) },
    ]),
  )
