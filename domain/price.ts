import type { SkuId } from './ids.ts'
import { add, allocate, type Fen, fen, least, minus, times, zero } from './money.ts'
import type { CouponReason } from './refusals.ts'

export type PriceLine = { sku: SkuId; unitPrice: Fen; quantity: number }

/**
 * Fee per province; `*` stands for every province without a row. `freeFrom`: goods (after the coupon) from
 * this amount on ship free.
 */
export type ShippingRates = Record<string, { fee: Fen; freeFrom: Fen | null }>

export type CouponTerms = {
  does:
    | { kind: 'amount_off'; amount: Fen }
    | { kind: 'percent_off'; percent: number; cap: Fen | null }
    | { kind: 'free_shipping' }
  /** Goods of the scope must reach this. */
  minimum: Fen
  /** The SKUs it is for; null: all. */
  scope: readonly SkuId[] | null
  validFrom: Date
  validUntil: Date
}

type LineShares = { coupon: Fen; points: Fen; balance: Fen }

/**
 * `goods + shipping − coupon − points − balance = due`, and every deduction but the shipping's is split over
 * the lines to the fen.
 */
export type Amounts = {
  goods: Fen
  shipping: Fen
  coupon: Fen
  points: Fen
  balance: Fen
  due: Fen
  lines: LineShares[]
}

export type PriceInput = {
  lines: readonly PriceLine[]
  rates: ShippingRates
  province: string
  coupon?: CouponTerms | undefined
  /** Points to spend; 100 are 1 yuan, so one is one fen. The caller has refused more than `pointsLimit`. */
  points: bigint
  /** Balance to use at the most; what is left to pay bounds it. */
  balance: Fen
}

/**
 * What an order costs: the coupon on the goods of its scope, then points, then balance; shipping by province.
 * Never negative, exact to the fen.
 */
export function price({ lines, rates, province, coupon, points, balance }: PriceInput): Amounts {
  const goodsOfLines = lines.map((line) => times(line.unitPrice, line.quantity))
  const goods = add(...goodsOfLines)
  const couponOfLines = couponShares(lines, goodsOfLines, coupon)
  const couponOff = add(...couponOfLines)
  const shipping =
    coupon?.does.kind === 'free_shipping' ? zero : shippingFee(rates, province, minus(goods, couponOff))

  const afterCoupon = goodsOfLines.map((amount, i) => minus(amount, couponOfLines[i] ?? zero))
  const pointsOff = least(fen(points), pointsLimit(minus(goods, couponOff)))
  const pointsOfLines = allocate(pointsOff, afterCoupon)

  const afterPoints = afterCoupon.map((amount, i) => minus(amount, pointsOfLines[i] ?? zero))
  const balanceOff = least(balance, add(...afterPoints, shipping))
  const balanceOfLines = allocate(balanceOff, [...afterPoints, shipping])

  return {
    goods,
    shipping,
    coupon: couponOff,
    points: pointsOff,
    balance: balanceOff,
    due: minus(add(...afterPoints, shipping), balanceOff),
    lines: lines.map((_, i) => ({
      coupon: couponOfLines[i] ?? zero,
      points: pointsOfLines[i] ?? zero,
      balance: balanceOfLines[i] ?? zero,
    })),
  }
}

/** Points that may be spent on goods that cost this much after the coupon: half of it, rounded down. */
export const pointsLimit = (goodsAfterCoupon: Fen): Fen => fen(goodsAfterCoupon / 2n)

/** The fee to a province, by its own row or by `*`; without either, shipping is free. */
function shippingFee(rates: ShippingRates, province: string, goodsAfterCoupon: Fen): Fen {
  const rate = rates[province] ?? rates['*']
  if (!rate || (rate.freeFrom !== null && goodsAfterCoupon >= rate.freeFrom)) return zero
  return rate.fee
}

/** Why these terms do not fit these lines at this moment; undefined when they do. */
export function couponProblem(
  terms: CouponTerms,
  lines: readonly PriceLine[],
  now: Date,
): CouponReason | undefined {
  if (now < terms.validFrom || now >= terms.validUntil) return 'expired'
  const inScope = lines.filter((line) => covers(terms, line))
  if (inScope.length === 0) return 'out_of_scope'
  if (add(...inScope.map((line) => times(line.unitPrice, line.quantity))) < terms.minimum)
    return 'below_minimum'
  return undefined
}

const covers = (terms: CouponTerms, line: PriceLine): boolean =>
  terms.scope === null || terms.scope.includes(line.sku)

function couponShares(
  lines: readonly PriceLine[],
  goodsOfLines: readonly Fen[],
  coupon: CouponTerms | undefined,
): Fen[] {
  if (!coupon || coupon.does.kind === 'free_shipping') return lines.map(() => zero)
  const weights = lines.map((line, i) => (covers(coupon, line) ? (goodsOfLines[i] ?? zero) : zero))
  const inScope = add(...weights)
  return allocate(couponOff(coupon.does, inScope), weights)
}

function couponOff(does: Exclude<CouponTerms['does'], { kind: 'free_shipping' }>, inScope: Fen): Fen {
  if (does.kind === 'amount_off') return least(does.amount, inScope)
  const off = fen((inScope * BigInt(does.percent)) / 100n)
  return does.cap === null ? off : least(off, does.cap)
}
