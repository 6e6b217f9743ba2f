import { pointsFor, type Sources, sharesOf, shippingShares } from './amounts.ts'
import { backToOffer, buyerOf, orderOf, skuOf, tradeOf } from './effects.ts'
import type { RefundChoice } from './ops.ts'
import type { Order, World } from './world.ts'

/** Why an operator cannot refund this of an order. */
export function whyNotRefunded(order: Order, choice: RefundChoice): string | undefined {
  if (order.status !== 'to_ship') return 'not_refundable'
  if (choice === undefined) return undefined
  const hasShipping = order.amounts.shipping > 0n && !order.shippingRefunded
  if (choice.lines.length === 0 && !(choice.shipping && hasShipping)) return 'nothing_to_refund'
  for (const { line, quantity } of choice.lines) {
    const one = order.lines[line]
    if (!one || quantity > one.quantity - one.refunded) return 'refund_exceeds'
  }
  return order.payState === 'on_delivery' && !isWhole(order, choice) ? 'not_refundable' : undefined
}

/** Whether nothing is left of the order after this. */
function isWhole(order: Order, choice: NonNullable<RefundChoice>): boolean {
  const hasShipping = order.amounts.shipping > 0n && !order.shippingRefunded
  const taken = (line: number) => choice.lines.find((one) => one.line === line)?.quantity ?? 0
  return (
    (choice.shipping || !hasShipping) &&
    order.lines.every(({ quantity, refunded }, line) => quantity - refunded === taken(line))
  )
}

const add = (a: Sources, b: Sources): Sources => ({
  due: a.due + b.due,
  balance: a.balance + b.balance,
  points: a.points + b.points,
})

/** A refund of an order: money, points and pieces go back where they came from. */
export function refund(
  world: World,
  key: string,
  { choice, restock }: { choice: RefundChoice; restock: boolean },
): void {
  const order = orderOf(world, key)
  const buyer = buyerOf(world, order.buyer)
  const all = { lines: remaining(order), shipping: true }
  const { lines, shipping } = choice ?? all
  const whole = isWhole(order, { lines, shipping })
  let parts: Sources = { due: 0n, balance: 0n, points: 0n }
  if (shipping && !order.shippingRefunded) parts = add(parts, shippingShares(order.amounts, order.lines))
  for (const { line, quantity } of lines) {
    const one = order.lines[line]
    if (!one) throw new Error(`order ${key} has no line ${line}`)
    parts = add(parts, sharesOf(one, quantity))
    one.refunded += quantity
    if (!restock) continue
    if (order.kind === 'flash') backToOffer(world, order, quantity)
    else {
      const sku = skuOf(world, one.sku)
      sku.onHand += quantity
    }
  }
  if (shipping) order.shippingRefunded = true
  const paid = order.payState !== 'on_delivery'
  const owed = paid ? parts.due : 0n
  if (order.paidBy === 'wallet') buyer.wallet += owed
  else if (owed > 0n && order.paidBy) tradeOf(world, order.paidBy).back += owed
  buyer.wallet += parts.balance
  buyer.points += parts.points
  if (paid) {
    const kept = order.amounts.due + order.amounts.balance - order.moneyBack
    const lost = pointsFor(kept) - pointsFor(kept - owed - parts.balance)
    buyer.points -= lost
    buyer.growth -= lost
  }
  order.moneyBack += owed + parts.balance
  order.payState = whole ? 'refunded' : 'partly_refunded'
  if (!whole) return
  order.status = 'closed'
  if (order.coupon) buyer.coupons[order.coupon] = 'unused'
  for (const { sku: n, quantity } of order.lines) skuOf(world, n).sales -= quantity
}

/** Every piece that is left of an order, by line. */
export const remaining = ({ lines }: Order): { line: number; quantity: number }[] =>
  lines.flatMap(({ quantity, refunded }, line) =>
    refunded < quantity ? [{ line, quantity: quantity - refunded }] : [],
  )
