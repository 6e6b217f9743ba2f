import { add, type Fen, fen, minus, times, zero } from './money.ts'

/**
 * A line as it was bought, with its shares (fen) of what was deducted, and how many of its pieces have been
 * refunded.
 */
export type PurchasedLine = {
  line: number
  unitPrice: Fen
  quantity: number
  coupon: Fen
  points: Fen
  balance: Fen
  refunded: number
}

/**
 * A paid order as refunds see it. `balance` is the whole order's: what its lines do not carry of it paid for
 * the shipping.
 */
export type Purchase = {
  lines: readonly PurchasedLine[]
  shipping: Fen
  balance: Fen
  shippingRefunded: boolean
}

/** What shall go back: pieces by line, and the shipping fee. */
export type RefundChoice = { lines: readonly { line: number; quantity: number }[]; shipping: boolean }

type Sources = { amount: Fen; balance: Fen; points: Fen }

/**
 * Where it goes back to, fen: `amount` to where it was paid from, the rest to wallet and points (one point is
 * one fen).
 */
export type RefundParts = Sources & {
  shipping: Fen
  lines: (Sources & { line: number; quantity: number })[]
  whole: boolean
}

/**
 * All that has not been refunded yet. A shipping fee of 0 needs no refund: such an order is whole when its
 * pieces are.
 */
export const remainder = ({ lines, shipping, shippingRefunded }: Purchase): RefundChoice => ({
  lines: lines.flatMap(({ line, quantity, refunded }) =>
    refunded < quantity ? [{ line, quantity: quantity - refunded }] : [],
  ),
  shipping: shipping > 0n && !shippingRefunded,
})

/**
 * Splits a refund over the sources that paid, exact to the fen: each source's share of a line's first n
 * pieces is rounded down, and a refund is the difference of two such shares. So in whatever pieces an order
 * goes back, what comes back in the end is what was paid. `whole`: nothing is left after it.
 * @throws {RangeError} for pieces that are not left: the caller has refused them before
 */
export function refundParts(purchase: Purchase, choice: RefundChoice): RefundParts {
  const lines = choice.lines.map(({ line, quantity }) => {
    const one = purchase.lines.find((candidate) => candidate.line === line)
    if (!one || quantity < 1 || one.refunded + quantity > one.quantity)
      throw new RangeError(`line ${line} has no ${quantity} pieces to refund`)
    return { line, quantity, ...piecesOf(one, quantity) }
  })
  const left = remainder(purchase)
  const shipping = choice.shipping && left.shipping ? shippingOf(purchase) : nothing
  const all = [...lines, shipping]
  return {
    amount: add(...all.map(({ amount }) => amount)),
    balance: add(...all.map(({ balance }) => balance)),
    points: add(...all.map(({ points }) => points)),
    shipping: add(shipping.amount, shipping.balance),
    lines,
    whole: (choice.shipping || !left.shipping) && left.lines.every((one) => isIn(one, lines)),
  }
}

const nothing: Sources = { amount: zero, balance: zero, points: zero }

const isIn = (
  { line, quantity }: { line: number; quantity: number },
  lines: readonly { line: number; quantity: number }[],
): boolean => lines.some((one) => one.line === line && one.quantity === quantity)

/** What each source paid for these pieces of a line. */
function piecesOf(
  { unitPrice, quantity, coupon, points, balance, refunded }: PurchasedLine,
  pieces: number,
): Sources {
  const due = minus(minus(minus(times(unitPrice, quantity), coupon), points), balance)
  const share = (total: Fen): Fen => {
    const upTo = (n: number): bigint => (total * BigInt(n)) / BigInt(quantity)
    return fen(upTo(refunded + pieces) - upTo(refunded))
  }
  return { amount: share(due), balance: share(balance), points: share(points) }
}

/** What each source paid for the shipping: the wallet what the lines do not carry of its part. */
function shippingOf({ lines, shipping, balance }: Purchase): Sources {
  const fromBalance = minus(balance, add(...lines.map((line) => line.balance)))
  return { amount: minus(shipping, fromBalance), balance: fromBalance, points: zero }
}
