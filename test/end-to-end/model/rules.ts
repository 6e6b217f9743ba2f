import {
  type CouponKind,
  couponTerms,
  pointsFor,
  priceOf,
  type Sources,
  sharesOf,
  shippingFor,
  shippingShares,
} from './amounts.ts'
import {
  type Channel,
  flashSku,
  limits,
  type News,
  type Order,
  type Trade,
  textOf,
  type World,
} from './world.ts'

/** What somebody may do to the shop. Orders and trades are named by their keys. */
export type Op =
  | {
      is: 'place'
      key: string
      buyer: number
      lines: { sku: number; quantity: number }[]
      coupon: CouponKind | undefined
      points: bigint
      balance: bigint
      payment: 'online' | 'on_delivery'
      near: boolean
    }
  | { is: 'join'; key: string; buyer: number; pieces: number }
  | { is: 'open'; order: string; channel: Channel; news: News; wrong: boolean; late: boolean }
  | { is: 'pay'; trade: string }
  | { is: 'pay from wallet'; order: string }
  | { is: 'cancel'; order: string }
  | { is: 'refund'; order: string; choice: RefundChoice; restock: boolean | undefined }
  | { is: 'end sale' }
/** Undefined: all that is left. */
export type RefundChoice = { lines: { line: number; quantity: number }[]; shipping: boolean } | undefined

export type Outcome = { answer: string; world: World }
/** Whether something else is being done at the same time. */
export type Company = 'alone' | 'together'

/** Every answer that the shop may give to this, and the world after it. */
export function outcomes(before: World, op: Op, company: Company): Outcome[] {
  const same = (answer: string): Outcome => ({ answer, world: before })
  const changed = (answer: string, change: (world: World) => void): Outcome => {
    const world = structuredClone(before)
    change(world)
    return { answer, world }
  }
  switch (op.is) {
    case 'place': {
      const reasons = whyNotPlaced(before, op)
      // A refusal names a true reason; which of several is the shop's own affair.
      return reasons.length > 0 ? reasons.map(same) : [changed('placed', (world) => place(world, op))]
    }
    case 'join': {
      const answer = joinAnswer(before, op)
      return [answer === 'admitted' ? changed(answer, (world) => admit(world, op)) : same(answer)]
    }
    case 'open':
      return openOutcomes(before, op, company, { same, changed })
    case 'pay':
      return payOutcomes(before, op.trade, { same, changed })
    case 'pay from wallet':
      return walletOutcomes(before, op.order, company, { same, changed })
    case 'cancel':
      return cancelOutcomes(before, op.order, company, { same, changed })
    case 'refund': {
      const order = orderOf(before, op.order)
      const refusal = whyNotRefunded(order, op.choice)
      if (refusal) return [same(refusal)]
      return [changed('refunded', (world) => refund(world, op.order, op.choice, op.restock ?? true))]
    }
    case 'end sale':
      return before.offer.ended ? [same('session_ended')] : [changed('ended', endSale)]
  }
}

type Making = {
  same: (answer: string) => Outcome
  changed: (answer: string, change: (world: World) => void) => Outcome
}

export const orderOf = ({ orders }: World, key: string): Order => {
  const order = orders[key]
  if (!order) throw new Error(`the model has no order ${key}`)
  return order
}
const tradeOf = ({ trades }: World, key: string): Trade => {
  const trade = trades[key]
  if (!trade) throw new Error(`the model has no trade ${key}`)
  return trade
}
const buyerOf = (world: World, n: number) => {
  const buyer = world.buyers[n]
  if (!buyer) throw new Error(`the model has no buyer ${n}`)
  return buyer
}
const skuOf = (world: World, n: number) => {
  const sku = world.skus[n]
  if (!sku) throw new Error(`the model has no SKU ${n}`)
  return sku
}
const isUnpaid = ({ status, payState }: Order) => status === 'awaiting_payment' || payState === 'on_delivery'

function pricesOf(world: World, { lines, coupon, points, balance }: Op & { is: 'place' }) {
  const priced = lines.map((line) => ({ ...line, price: skuOf(world, line.sku).price }))
  return priceOf({ lines: priced, coupon, points, balance })
}

function whyNotPlaced(world: World, op: Op & { is: 'place' }): string[] {
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

function place(world: World, op: Op & { is: 'place' }): void {
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

/** The goods are sold, the coupon is spent, money earns points. */
function settle(world: World, key: string, paidBy: string): void {
  const order = orderOf(world, key)
  const buyer = buyerOf(world, order.buyer)
  for (const { sku: n, quantity } of order.lines) {
    const sku = skuOf(world, n)
    sku.sales += quantity
    if (order.kind === 'flash') continue // Its pieces left the shelf when the sale began.
    sku.onHand -= quantity
    sku.reserved -= quantity
  }
  if (order.coupon) buyer.coupons[order.coupon] = 'used'
  order.status = 'to_ship'
  order.payState = paidBy === 'on delivery' ? 'on_delivery' : 'paid'
  order.paidBy = paidBy
  order.open = undefined
  if (paidBy === 'on delivery') return
  const earned = pointsFor(order.amounts.due + order.amounts.balance)
  buyer.points += earned
  buyer.growth += earned
}

/** Everything that the order held is free again. */
function close(world: World, key: string): void {
  const order = orderOf(world, key)
  const buyer = buyerOf(world, order.buyer)
  if (order.kind === 'flash') backToOffer(world, order, order.ticket)
  else for (const { sku, quantity } of order.lines) skuOf(world, sku).reserved -= quantity
  if (order.coupon) buyer.coupons[order.coupon] = 'unused'
  buyer.wallet += order.amounts.balance
  buyer.points += order.amounts.points
  order.status = 'closed'
  if (order.open) closeTrade(tradeOf(world, order.open))
  order.open = undefined
}

const closeTrade = (trade: Trade): void => {
  if (trade.atProvider === 'open') trade.atProvider = 'closed'
}

function backToOffer({ offer, skus }: World, order: Order, pieces: number): void {
  order.ticket -= pieces
  offer.granted -= pieces
  offer.sold -= pieces
  if (!offer.ended) return
  offer.quota -= pieces
  const sku = skus[flashSku]
  if (sku) sku.onHand += pieces
}

function endSale({ offer, skus }: World): void {
  const sku = skus[flashSku]
  if (sku) sku.onHand += offer.quota - offer.granted
  offer.quota = offer.granted
  offer.ended = true
}

function joinAnswer({ offer, orders }: World, { buyer, pieces }: Op & { is: 'join' }): string {
  if (offer.ended) return 'ended'
  const own = Object.values(orders).filter((order) => order.kind === 'flash' && order.buyer === buyer)
  if (own.some(({ status }) => status === 'awaiting_payment')) return 'already_queued'
  const bought = own.reduce((all, { ticket }) => all + ticket, 0)
  if (bought >= offer.limit) return 'already_bought'
  if (bought + pieces > offer.limit) return 'over_limit'
  return pieces > offer.quota - offer.granted ? 'sold_out' : 'admitted'
}

function admit(world: World, { key, buyer, pieces }: Op & { is: 'join' }): void {
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

/** The refusals of an order that waits for no payment. */
function whyNotPayable({ status, payState }: Order): string | undefined {
  if (status === 'awaiting_payment') return undefined
  if (status === 'closed') return 'order_closed'
  return payState === 'on_delivery' ? 'not_payable' : 'already_paid'
}

/** While an order is being closed it is not closed yet. */
const closingToo = (refusal: string, company: Company): string[] =>
  refusal === 'order_closed' && company === 'together' ? [refusal, 'order_closing'] : [refusal]

/**
 * The open trade of another channel is closed at its provider first. A trade that has been paid there is found
 * out by that: then there is nothing more to pay, for now.
 */
function closesOther(world: World, key: string): 'closed' | 'was paid' {
  const order = orderOf(world, key)
  if (order.open === undefined) return 'closed'
  const trade = tradeOf(world, order.open)
  if (trade.atProvider === 'paid') {
    hear(world, order.open)
    return 'was paid'
  }
  closeTrade(trade)
  order.open = undefined
  return 'closed'
}

function openOutcomes(
  world: World,
  { order: key, channel, news, wrong, late }: Op & { is: 'open' },
  company: Company,
  { same, changed }: Making,
): Outcome[] {
  const order = orderOf(world, key)
  const refusal = whyNotPayable(order)
  if (refusal) return closingToo(refusal, company).map(same)
  const tooLate = order.near ? [same('order_closing')] : []
  if (order.open !== undefined && tradeOf(world, order.open).channel === channel)
    return [same('same'), ...tooLate]
  const found = structuredClone(world)
  if (closesOther(found, key) === 'was paid') return [{ answer: 'already_paid', world: found }, ...tooLate]
  const opened = changed('opened', (next) => {
    closesOther(next, key)
    const mine = orderOf(next, key)
    const trade = `${key}#${++mine.opened}`
    mine.open = trade
    next.trades[trade] = {
      ...{ order: key, channel, amount: mine.amounts.due, news, wrong, late },
      ...{ atProvider: 'open', captured: 0n, unheard: false, back: 0n },
    }
  })
  return [opened, ...tooLate]
}

function payOutcomes(world: World, key: string, { same, changed }: Making): Outcome[] {
  const { atProvider, late, news, wrong, amount, order } = tradeOf(world, key)
  const takes = (how: (world: World, trade: Trade) => void) =>
    changed('taken', (next) => {
      const trade = tradeOf(next, key)
      trade.captured = wrong ? 1n : amount
      trade.unheard = true
      how(next, trade)
    })
  if (atProvider === 'paid') return [same('refused')]
  // What is taken too late is always notified: nobody would ask.
  if (atProvider === 'closed')
    return late
      ? [
          takes((next, trade) => {
            trade.atProvider = 'paid'
            hear(next, key)
          }),
        ]
      : [same('refused')]
  const taken = takes((next, trade) => {
    trade.atProvider = 'paid'
    if (news === 'once' || news === 'twice' || news === 'forged first') hear(next, key)
  })
  // A trade whose own time is over is not paid either.
  return orderOf(world, order).near ? [taken, same('refused')] : [taken]
}

/** The shop learns of what was captured, whoever says so: it pays the order, or goes back. */
function hear(world: World, key: string): void {
  const trade = tradeOf(world, key)
  if (!trade.unheard) return
  trade.unheard = false
  const order = orderOf(world, trade.order)
  if (!trade.wrong && order.status === 'awaiting_payment') return settle(world, trade.order, key)
  trade.back = trade.captured
  if (order.open === key) order.open = undefined
}

function walletOutcomes(world: World, key: string, company: Company, { same }: Making): Outcome[] {
  const order = orderOf(world, key)
  const refusal = whyNotPayable(order)
  if (refusal) return closingToo(refusal, company).map(same)
  const next = structuredClone(world)
  const tooLate = order.near ? [same('order_closing')] : []
  if (closesOther(next, key) === 'was paid') return [{ answer: 'already_paid', world: next }, ...tooLate]
  const buyer = buyerOf(next, order.buyer)
  if (buyer.wallet < order.amounts.due) return [{ answer: 'balance_insufficient', world: next }, ...tooLate]
  buyer.wallet -= order.amounts.due
  settle(next, key, 'wallet')
  return [{ answer: 'paid', world: next }, ...tooLate]
}

function cancelOutcomes(world: World, key: string, company: Company, { same, changed }: Making): Outcome[] {
  const order = orderOf(world, key)
  if (order.status === 'closed') return [same('closed')]
  if (order.status === 'to_ship') {
    const refunded = changed('closed', (next) => refund(next, key, undefined, true))
    // It was being closed when the money came: whoever paid is told so.
    return company === 'together' ? [refunded, same('already_paid')] : [refunded]
  }
  const next = structuredClone(world)
  return [{ answer: closeAtLast(next, key), world: next }]
}

/** Closes an order that waits for its payment, as its deadline does: money that was taken before wins. */
export function closeAtLast(world: World, key: string): 'closed' | 'already_paid' {
  const { open } = orderOf(world, key)
  if (open !== undefined && tradeOf(world, open).atProvider === 'paid') hear(world, open)
  if (orderOf(world, key).status === 'to_ship') return 'already_paid'
  close(world, key)
  return 'closed'
}

function whyNotRefunded(order: Order, choice: RefundChoice): string | undefined {
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

function refund(world: World, key: string, choice: RefundChoice, restock: boolean): void {
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

/**
 * Every world that this one may become by itself: deadlines pass, and money that nobody has notified is found.
 * This one too.
 */
export function drifts(world: World): World[] {
  const found = new Map([[textOf(world), world]])
  for (const one of found.values()) {
    for (const next of stepsOf(one)) {
      const text = textOf(next)
      if (!found.has(text)) found.set(text, next)
    }
  }
  return [...found.values()]
}

function stepsOf(world: World): World[] {
  const after = (change: (next: World) => void): World => {
    const next = structuredClone(world)
    change(next)
    return next
  }
  const passing = Object.entries(world.orders).filter(
    ([, { near, status }]) => near && status === 'awaiting_payment',
  )
  const unheard = Object.entries(world.trades).filter(([, trade]) => trade.unheard)
  return [
    ...passing.map(([key]) => after((next) => void closeAtLast(next, key))),
    ...unheard.map(([key]) => after((next) => hear(next, key))),
  ]
}
