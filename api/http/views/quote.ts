import type { HeldCoupon, QuoteFacts } from '../../../db/reads/quote-facts.ts'
import type { OrderId } from '../../../domain/ids.ts'
import { add, type Fen, fen, least, minus, moneyJson, times, zero } from '../../../domain/money.ts'
import {
  couponProblem,
  type PriceLine,
  pointsLimit,
  price,
  type ShippingRates,
} from '../../../domain/price.ts'
import { ratesOf } from '../../../domain/quote.ts'
import type { LiveLine } from '../../../services/orders/quote.ts'

type Quoted = { id: OrderId; token: string; expiresAt: Date; lines: readonly LiveLine[]; facts: QuoteFacts }

/** What a confirm page shows. Fees are those to the default address, and unknown without one. */
export function quoteView({ id, token, expiresAt, lines, facts }: Quoted) {
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
    quoteToken: token,
    orderId: id,
    expiresAt: expiresAt.toISOString(),
    lines: lines.map(lineView),
    goods: moneyJson(plain.goods),
    addresses: facts.addresses,
    defaultAddressId: home?.id ?? null,
    shipping: { fee: home ? moneyJson(plain.shipping) : null, rates: ratesView(basket.rates) },
    coupons: couponsView(facts.coupons, basket, plain.shipping),
    points: { available: facts.points.toString(), usable: usablePoints(facts.points, plain.goods) },
    balance: { available: moneyJson(facts.balance), usable: moneyJson(least(facts.balance, total)) },
    total: moneyJson(total),
  }
}

type Basket = { lines: PriceLine[]; rates: ShippingRates; province: string | undefined; points: bigint }

const usablePoints = (points: bigint, goods: Fen): string => least(fen(points), pointsLimit(goods)).toString()

const lineView = ({ sku, quantity, cartLine, live }: LiveLine) => ({
  sku,
  name: live.name,
  image: live.image,
  attributes: live.attributes,
  unitPrice: moneyJson(live.price),
  quantity,
  amount: moneyJson(times(live.price, quantity)),
  stock: live.stock,
  inStock: live.stock >= quantity,
  cartLine: cartLine ?? null,
})

const ratesView = (rates: ShippingRates) =>
  Object.fromEntries(
    Object.entries(rates).map(([province, { fee, freeFrom }]) => [
      province,
      { fee: moneyJson(fee), freeFrom: freeFrom === null ? null : moneyJson(freeFrom) },
    ]),
  )

/** The coupons that fit, with what each takes off; and those that don't, with why. */
function couponsView(coupons: readonly HeldCoupon[], basket: Basket, plainShipping: Fen) {
  const now = new Date()
  const resolved = coupons.map((held) => ({
    held,
    reason: held.state === 'unused' ? couponProblem(held.terms, basket.lines, now) : ('used' as const),
  }))
  return {
    usable: resolved.flatMap(({ held, reason }) =>
      reason === undefined ? [usableView(held, basket, plainShipping)] : [],
    ),
    unusable: resolved.flatMap(({ held, reason }) =>
      reason === undefined ? [] : [{ ...couponView(held), reason }],
    ),
  }
}

const couponView = ({ id, name, terms }: HeldCoupon) => ({
  id,
  name,
  kind: terms.does.kind,
  validUntil: terms.validUntil.toISOString(),
})

function usableView(held: HeldCoupon, { lines, rates, province, points }: Basket, plainShipping: Fen) {
  const { goods, coupon, shipping } = price({
    lines,
    rates,
    province: province ?? '',
    coupon: held.terms,
    points: 0n,
    balance: zero,
  })
  const saved = held.terms.does.kind === 'free_shipping' && province !== undefined ? plainShipping : zero
  return {
    ...couponView(held),
    off: moneyJson(add(coupon, saved)),
    shipping: province === undefined ? null : moneyJson(shipping),
    usablePoints: usablePoints(points, minus(goods, coupon)),
  }
}
