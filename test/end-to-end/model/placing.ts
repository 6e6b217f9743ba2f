import { couponTerms, priceOf, shippingFor } from './amounts.ts'
import { buyerOf, settle, skuOf } from './effects.ts'
import type { Op } from './ops.ts'
import { flashSku, limits, type Order, type World } from './world.ts'

function pricesOf(world: World, { lines, coupon, points, balance }: Op & { is: 'place' }) {
  const priced = lines.map((line) => ({ ...line, price: skuOf(world, line.sku).price }))
  return priceOf({ lines: priced, coupon, points, balance })
}

/** Every reason why the shop refuses this order. */
export function whyNotPlaced(world: World, op: Op & { is: 'place' }): string[] {
  const { amounts, pointsLimit } = pricesOf(world, op)
  const buyer = buyerOf(world, op.buyer)
  const reasons: string[] = []
  if (op.coupon) {
    const belowMinimum = op.coupon === 'off' && amounts.goods < couponTerms.offFrom
    if (buyer.coupons[op.coupon] !== 'unused' || belowMinimum) reasons.push('coupon_unavailable')
  }
  if (op.points > pointsLimit || (op.points > 0n && op.points > buyer.points))
    reasons.push('points_insufficient')
  if (amounts.balance > buyer.wallet) reasons.push('balance_insufficient')
  const wanted = new Map<number, number>()
  for (const { sku, quantity } of op.lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  for (const [n, quantity] of wanted) {
    const sku = skuOf(world, n)
    if (quantity > sku.onHand - sku.reserved) reasons.push('out_of_stock')
  }
  return amounts.due === 0n ? reasons : [...reasons, ...beyondLimits(world, op, wanted)]
}

function beyondLimits(world: World, op: Op & { is: 'place' }, wanted: ReadonlyMap<number, number>): string[] {
  const unpaid = Object.values(world.orders).filter(
    (order) => order.buyer === op.buyer && order.kind === 'normal' && isUnpaid(order),
  )
  const count = (payment: Order['payment']) => unpaid.filter((order) => order.payment === payment).length
  const held = (sku: number) =>
    unpaid
      .flatMap(({ lines }) => lines)
      .reduce((all, line) => all + (line.sku === sku ? line.quantity : 0), 0)
  const reasons: string[] = []
  if (op.payment === 'on_delivery' && count('on_delivery') >= limits.onDelivery)
    reasons.push('on_delivery_unavailable')
  if (op.payment === 'online' && count('online') >= limits.unpaidOrders)
    reasons.push('too_many_unpaid_orders')
  for (const [sku, pieces] of wanted)
    if (held(sku) + pieces > limits.unpaidPieces) reasons.push('too_many_pieces')
  return reasons
}

/** The order is placed, and settled where nothing has to be waited for. */
export function place(world: World, op: Op & { is: 'place' }): void {
  const { amounts, lines } = pricesOf(world, op)
  const buyer = buyerOf(world, op.buyer)
  for (const { sku, quantity } of op.lines) skuOf(world, sku).reserved += quantity
  if (op.coupon) buyer.coupons[op.coupon] = 'locked'
  buyer.wallet -= amounts.balance
  buyer.points -= op.points
  world.orders[op.key] = {
    ...{ buyer: op.buyer, kind: 'normal', payment: op.payment, near: op.near, lines, amounts },
    coupon: op.coupon,
    status: 'awaiting_payment',
    payState: 'unpaid',
    ...{ paidBy: undefined, open: undefined, opened: 0, shippingRefunded: false, ticket: 0, moneyBack: 0n },
  }
  if (amounts.due === 0n) settle(world, op.key, 'nothing was due')
  else if (op.payment === 'on_delivery') settle(world, op.key, 'on delivery')
}

const isUnpaid = ({ status, payState }: Order) => status === 'awaiting_payment' || payState === 'on_delivery'

/** What the gate of the flash sale answers. */
export function joinAnswer({ offer, orders }: World, { buyer, pieces }: Op & { is: 'join' }): string {
  if (offer.ended) return 'ended'
  const own = Object.values(orders).filter((order) => order.kind === 'flash' && order.buyer === buyer)
  if (own.some(({ status }) => status === 'awaiting_payment')) return 'already_queued'
  const bought = own.reduce((all, { ticket }) => all + ticket, 0)
  if (bought >= offer.limit) return 'already_bought'
  if (bought + pieces > offer.limit) return 'over_limit'
  return pieces > offer.quota - offer.granted ? 'sold_out' : 'admitted'
}

/** A ticket is granted, and becomes an order. */
export function admit(world: World, { key, buyer, pieces }: Op & { is: 'join' }): void {
  const { offer } = world
  const goods = offer.price * BigInt(pieces)
  const shipping = shippingFor(goods)
  offer.granted += pieces
  offer.sold += pieces
  world.orders[key] = {
    ...{ buyer, kind: 'flash', payment: 'online', near: false, coupon: undefined },
    lines: [
      {
        sku: flashSku,
        quantity: pieces,
        price: offer.price,
        coupon: 0n,
        points: 0n,
        balance: 0n,
        refunded: 0,
      },
    ],
    amounts: { goods, shipping, coupon: 0n, points: 0n, balance: 0n, due: goods + shipping },
    ...{ status: 'awaiting_payment', payState: 'unpaid', paidBy: undefined, open: undefined, opened: 0 },
    ...{ shippingRefunded: false, ticket: pieces, moneyBack: 0n },
  }
}
