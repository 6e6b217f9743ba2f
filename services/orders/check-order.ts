import { couponTerms } from '../../db/reads/coupon-terms.ts'
import { add, type Fen, fen, moneyJson } from '../../domain/money.ts'
import type { OrderInput } from '../../domain/order-input.ts'
import { checkLimits } from '../../domain/order-limits.ts'
import {
  type Amounts,
  type CouponTerms,
  couponProblem,
  type PriceLine,
  pointsLimit,
  price,
} from '../../domain/price.ts'
import { checkQuantity } from '../../domain/quantity.ts'
import { ratesOf } from '../../domain/quote.ts'
import { type Refusal, Refused, refuse } from '../../domain/refusals.ts'
import type { CouponFacts, OrderFacts } from './order-facts.ts'

/** What an order costs now, or why it cannot be placed. */
export type Verdict = { amounts?: Amounts; refusal?: Refusal }

/** Checks what was asked for against the facts of this moment. Never throws a refusal. */
export function checkOrder(input: OrderInput, facts: OrderFacts, now: Date): Verdict {
  try {
    return { amounts: amountsOf(input, facts, now) }
  } catch (error) {
    if (error instanceof Refused) return { refusal: error.refusal }
    throw error
  }
}

function amountsOf(input: OrderInput, facts: OrderFacts, now: Date): Amounts {
  if (facts.blocked !== false) refuse('buyer_blocked', {})
  if (facts.address === null) refuse('address_unknown', {})
  const { province } = facts.address
  const lines = input.lines.map((line) => currentLine(line, facts))
  if (lines.length === 0) refuse('empty_order', {})
  const coupon = input.couponId === undefined ? undefined : couponOf(input, facts.coupon, { lines, now })
  const points = BigInt(input.points)
  const common = { lines, province, coupon, points, balance: fen(input.balance) }
  const is = price({ ...common, rates: ratesOf(facts.rates) })
  // A flash order's fee is not quoted before: its buyer sees the amount before paying it.
  const was = input.session === undefined ? price({ ...common, rates: ratesOf(input.rates) }) : is
  if (is.due !== was.due || is.shipping !== was.shipping)
    refuse('amount_changed', { was: moneyJson(total(was)), is: moneyJson(total(is)) })
  const limit = pointsLimit(fen(is.goods - is.coupon))
  if (points > limit) refuse('points_insufficient', { available: limit.toString() })
  const { limits, payment } = input
  if (limits && facts.held) checkLimits(limits, facts.held, { payment, due: is.due, province, lines })
  return is
}

/** What the buyer pays in money, from wallet and provider together. */
const total = (amounts: Amounts): Fen => add(amounts.due, amounts.balance)

function currentLine(line: OrderInput['lines'][number], { skus }: OrderFacts): PriceLine {
  const { sku, quantity, unitPrice } = line
  const current = skus.find((candidate) => candidate.id === sku)
  if (!current) return refuse('sku_unknown', { sku })
  if (!current.onSale) return refuse('not_on_sale', { sku })
  checkQuantity(sku, quantity)
  if (current.price !== unitPrice)
    return refuse('price_changed', { sku, was: moneyJson(fen(unitPrice)), is: moneyJson(fen(current.price)) })
  return { sku, quantity, unitPrice: fen(unitPrice) }
}

function couponOf(
  { buyerId }: OrderInput,
  facts: CouponFacts | null,
  { lines, now }: { lines: PriceLine[]; now: Date },
): CouponTerms {
  if (facts === null || facts.owner !== buyerId) return refuse('coupon_unavailable', { reason: 'not_yours' })
  const terms = couponTerms(facts)
  const problem = facts.state === 'unused' ? couponProblem(terms, lines, now) : 'used'
  return problem === undefined ? terms : refuse('coupon_unavailable', { reason: problem })
}
