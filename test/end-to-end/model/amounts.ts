/*
 * The shop's arithmetic as docs/architecture.md explains it, written down a second time: the model must not
 * check the product with the product's own code. All amounts are fen.
 */

export type PricedLine = {
  sku: number
  quantity: number
  price: bigint
  coupon: bigint
  points: bigint
  balance: bigint
  refunded: number
}
export type Amounts = {
  goods: bigint
  shipping: bigint
  coupon: bigint
  points: bigint
  balance: bigint
  due: bigint
}
export type CouponKind = 'off' | 'percent'

/** 3 yuan off goods from 20 yuan on; 10 % off anything. */
export const couponTerms = { off: 300n, offFrom: 2000n, percent: 10n } as const
/** What shipping costs, and the amount of goods from which it costs nothing. */
export const shippingTerms = { fee: 700n, freeFrom: 9000n } as const

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n)
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Splits an amount in proportion, exactly: what rounding leaves goes to the largest remainders in turn. */
function split(total: bigint, weights: readonly bigint[]): bigint[] {
  const whole = sum(weights)
  if (whole === 0n) return weights.map((_, i) => (i === 0 ? total : 0n))
  const shares = weights.map((weight, i) => ({
    i,
    share: (total * weight) / whole,
    rest: (total * weight) % whole,
  }))
  let left = total - sum(shares.map(({ share }) => share))
  for (const one of [...shares].sort((a, b) => Number(b.rest - a.rest) || a.i - b.i)) {
    if (left === 0n) break
    one.share += 1n
    left -= 1n
  }
  return shares.map(({ share }) => share)
}

export const shippingFor = (goodsAfterCoupon: bigint): bigint =>
  goodsAfterCoupon >= shippingTerms.freeFrom ? 0n : shippingTerms.fee

type Wanted = {
  lines: readonly { sku: number; quantity: number; price: bigint }[]
  coupon: CouponKind | undefined
  points: bigint
  balance: bigint
}

/** What an order costs, with each line's shares of what is deducted. `pointsLimit`: half of the goods. */
export function priceOf({ lines, coupon, points, balance }: Wanted) {
  const worth = lines.map(({ price, quantity }) => price * BigInt(quantity))
  const goods = sum(worth)
  const off =
    coupon === undefined
      ? 0n
      : coupon === 'off'
        ? smaller(couponTerms.off, goods)
        : (goods * couponTerms.percent) / 100n
  const couponOf = split(off, worth)
  const shipping = shippingFor(goods - off)
  const afterCoupon = worth.map((amount, i) => amount - (couponOf[i] ?? 0n))
  const pointsLimit = (goods - off) / 2n
  const pointsOff = smaller(points, pointsLimit)
  const pointsOf = split(pointsOff, afterCoupon)
  const afterPoints = afterCoupon.map((amount, i) => amount - (pointsOf[i] ?? 0n))
  const rest = sum(afterPoints) + shipping
  const balanceOff = smaller(balance, rest)
  const balanceOf = split(balanceOff, [...afterPoints, shipping])
  const amounts: Amounts = {
    goods,
    shipping,
    coupon: off,
    points: pointsOff,
    balance: balanceOff,
    due: rest - balanceOff,
  }
  const priced: PricedLine[] = lines.map((line, i) => ({
    ...line,
    coupon: couponOf[i] ?? 0n,
    points: pointsOf[i] ?? 0n,
    balance: balanceOf[i] ?? 0n,
    refunded: 0,
  }))
  return { amounts, lines: priced, pointsLimit }
}

export type Sources = { due: bigint; balance: bigint; points: bigint }

/**
 * What the next pieces of a line give back to each source: what all refunded pieces together have given,
 * rounded down, less what they gave before.
 */
export function sharesOf(line: PricedLine, pieces: number): Sources {
  const paid = line.price * BigInt(line.quantity) - line.coupon - line.points - line.balance
  const share = (total: bigint): bigint => {
    const after = (total * BigInt(line.refunded + pieces)) / BigInt(line.quantity)
    return after - (total * BigInt(line.refunded)) / BigInt(line.quantity)
  }
  return { due: share(paid), balance: share(line.balance), points: share(line.points) }
}

/** The shipping fee's sources: the wallet paid what the lines do not carry of its part. */
export function shippingShares({ shipping, balance }: Amounts, lines: readonly PricedLine[]): Sources {
  const fromBalance = balance - sum(lines.map((line) => line.balance))
  return { due: shipping - fromBalance, balance: fromBalance, points: 0n }
}

/** A point for each whole yuan. */
export const pointsFor = (money: bigint): bigint => money / 100n
