import type { HeldCoupon, QuoteFacts } from '../../db/reads/quote-facts.ts'
import type { CouponId, SkuId } from '../../domain/ids.ts'
import { add, type Fen, fen, least, minus, zero } from '../../domain/money.ts'
import { couponProblem, type PriceLine, pointsLimit, price, type ShippingRates } from '../../domain/price.ts'
import { ratesOf } from '../../domain/quote.ts'
import type { CouponReason } from '../../domain/refusals.ts'

/** What the goods of a quote cost, and what may be used for them. Amounts are fen; a point is one fen. */
export type QuotePrices = {
  goods: Fen
  /** To the default address; null without one. */
  shipping: Fen | null
  rates: ShippingRates
  total: Fen
  usablePoints: bigint
  usableBalance: Fen
  coupons: readonly CouponPrice[]
}

/** A coupon that fits, with what it takes off and what may then be used; or one that does not, with why. */
export type CouponPrice =
  | { held: HeldCoupon; id: CouponId; reason: CouponReason }
  | { held: HeldCoupon; id: CouponId; off: Fen; shipping: Fen | null; usablePoints: bigint }

type Line = { sku: SkuId; quantity: number; live: { price: Fen } }
type Basket = { lines: PriceLine[]; rates: ShippingRates; province: string | undefined; points: bigint }

/**
 * Prices a quote as its order would be priced. Fees are those to the default address, and unknown without
 * one.
 */
export function priceQuote(lines: readonly Line[], facts: QuoteFacts): QuotePrices {
  const home = facts.addresses.find(({ isDefault }) => isDefault)
  const basket: Basket = {
    lines: lines.map(({ sku, quantity, live }) => ({ sku, quantity, unitPrice: live.price })),
    rates: ratesOf(facts.rates),
    province: home?.province,
    points: facts.points,
  }
  const plain = price({ ...basket, province: home?.province ?? '', points: 0n, balance: zero })
  const total = home ? add(plain.goods, plain.shipping) : plain.goods
  return {
    goods: plain.goods,
    shipping: home ? plain.shipping : null,
    rates: basket.rates,
    total,
    usablePoints: usablePoints(facts.points, plain.goods),
    usableBalance: least(facts.balance, total),
    coupons: priceCoupons(facts.coupons, basket, plain.shipping),
  }
}

/** A balance below zero is a debt: nothing of it can be used. */
const usablePoints = (points: bigint, goods: Fen): bigint =>
  points > 0n ? least(fen(points), pointsLimit(goods)) : 0n

function priceCoupons(coupons: readonly HeldCoupon[], basket: Basket, plainShipping: Fen): CouponPrice[] {
  const now = new Date()
  return coupons.map((held) => {
    const { id, state, terms } = held
    const reason = state === 'unused' ? couponProblem(terms, basket.lines, now) : 'used'
    return reason === undefined ? withCoupon(held, basket, plainShipping) : { held, id, reason }
  })
}

function withCoupon(held: HeldCoupon, basket: Basket, plainShipping: Fen): CouponPrice {
  const { lines, rates, province, points } = basket
  const { goods, coupon, shipping } = price({
    ...{ lines, rates, province: province ?? '', coupon: held.terms },
    ...{ points: 0n, balance: zero },
  })
  const saved = held.terms.does.kind === 'free_shipping' && province !== undefined ? plainShipping : zero
  return {
    held,
    id: held.id,
    off: add(coupon, saved),
    shipping: province === undefined ? null : shipping,
    usablePoints: usablePoints(points, minus(goods, coupon)),
  }
}
