import type { HeldCoupon } from '../../../db/reads/quote-facts.ts'
import { moneyJson, times } from '../../../domain/money.ts'
import type { ShippingRates } from '../../../domain/price.ts'
import type { CouponPrice } from '../../../services/orders/price-quote.ts'
import type { LiveLine, MadeQuote } from '../../../services/orders/quote.ts'

/** What a confirm page shows. */
export function quoteView({ id, token, expiresAt, lines, facts, prices }: MadeQuote) {
  const home = facts.addresses.find(({ isDefault }) => isDefault)
  const { goods, shipping, rates, total, usablePoints, usableBalance, coupons } = prices
  return {
    quoteToken: token,
    orderId: id,
    expiresAt: expiresAt.toISOString(),
    lines: lines.map(lineView),
    goods: moneyJson(goods),
    addresses: facts.addresses,
    defaultAddressId: home?.id ?? null,
    shipping: { fee: shipping === null ? null : moneyJson(shipping), rates: ratesView(rates) },
    coupons: couponsView(coupons),
    points: { available: facts.points.toString(), usable: usablePoints.toString() },
    balance: { available: moneyJson(facts.balance), usable: moneyJson(usableBalance) },
    total: moneyJson(total),
  }
}

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
const couponsView = (coupons: readonly CouponPrice[]) => ({
  usable: coupons.flatMap((one) =>
    'reason' in one
      ? []
      : [
          {
            ...couponView(one.held),
            off: moneyJson(one.off),
            shipping: one.shipping === null ? null : moneyJson(one.shipping),
            usablePoints: one.usablePoints.toString(),
          },
        ],
  ),
  unusable: coupons.flatMap((one) =>
    'reason' in one ? [{ ...couponView(one.held), reason: one.reason }] : [],
  ),
})

const couponView = ({ id, name, terms }: HeldCoupon) => ({
  id,
  name,
  kind: terms.does.kind,
  validUntil: terms.validUntil.toISOString(),
})
