import { buyerOf, close, closeTrade, orderOf, settle, tradeOf } from './effects.ts'
import type { Company, Making, Op, Outcome } from './ops.ts'
import { refund } from './refunding.ts'
import type { Order, Trade, World } from './world.ts'

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
 * The open trade of another channel is closed at its provider first. That finds out whether it has been paid
 * there: then there is nothing more to pay, for now.
 */
function closesOther(world: World, key: string): 'closed' | 'was paid' {
  const order = orderOf(world, key)
  if (order.open === undefined) return 'closed'
  const trade = tradeOf(world, order.open)
  if (trade.atProvider === 'paid') {
    resolve(world, order.open)
    return 'was paid'
  }
  closeTrade(trade)
  order.open = undefined
  return 'closed'
}

/** A trade is opened, or the open one is shown again. */
export function openOutcomes(
  world: World,
  { order: key, channel, news, wrong, late }: Op & { is: 'open' },
  { company, same, changed }: Making,
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
      ...{ atProvider: 'open', captured: 0n, unresolved: false, back: 0n },
    }
  })
  return [opened, ...tooLate]
}

/** The buyer pays at the provider. */
export function payOutcomes(world: World, key: string, { same, changed }: Making): Outcome[] {
  const { atProvider, channel, late, news, wrong, amount, order } = tradeOf(world, key)
  const takes = (how: (world: World, trade: Trade) => void) =>
    changed('taken', (next) => {
      const trade = tradeOf(next, key)
      trade.captured = wrong ? 1n : amount
      trade.unresolved = true
      how(next, trade)
    })
  if (atProvider === 'paid') return [same('refused')]
  // Alipay has no trade to be closed before its code is scanned: a code that is left over can still be paid.
  // What is taken too late is always notified: nobody would ask.
  if (atProvider === 'closed') {
    if (!late && channel !== 'alipay-qr') return [same('refused')]
    const isOver = orderOf(world, order).near ? [same('refused')] : []
    return [
      takes((next, trade) => {
        trade.atProvider = 'paid'
        resolve(next, key)
      }),
      ...isOver,
    ]
  }
  const taken = takes((next, trade) => {
    trade.atProvider = 'paid'
    if (news === 'once' || news === 'twice' || news === 'forged first') resolve(next, key)
  })
  // A trade whose own time is over is not paid either.
  return orderOf(world, order).near ? [taken, same('refused')] : [taken]
}

/** The shop learns of what was captured, whoever says so: it pays the order, or goes back. */
export function resolve(world: World, key: string): void {
  const trade = tradeOf(world, key)
  if (!trade.unresolved) return
  trade.unresolved = false
  const order = orderOf(world, trade.order)
  if (!trade.wrong && order.status === 'awaiting_payment') {
    settle(world, trade.order, key)
    return
  }
  trade.back = trade.captured
  if (order.open === key) order.open = undefined
}

/** The buyer pays from the wallet. */
export function walletOutcomes(world: World, key: string, { company, same }: Making): Outcome[] {
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

/** The buyer cancels: an unpaid order is closed, a paid one is refunded. */
export function cancelOutcomes(world: World, key: string, { company, same, changed }: Making): Outcome[] {
  const order = orderOf(world, key)
  if (order.status === 'closed') return [same('closed')]
  if (order.status === 'to_ship') {
    const refunded = changed('closed', (next) => refund(next, key, { choice: undefined, restock: true }))
    // It was being closed when the money came: the answer says so.
    return company === 'together' ? [refunded, same('already_paid')] : [refunded]
  }
  const next = structuredClone(world)
  return [{ answer: closeAtLast(next, key), world: next }]
}

/** Closes an order that waits for its payment, as its deadline does: money that was taken before wins. */
export function closeAtLast(world: World, key: string): 'closed' | 'already_paid' {
  const { open } = orderOf(world, key)
  if (open !== undefined && tradeOf(world, open).atProvider === 'paid') resolve(world, open)
  if (orderOf(world, key).status === 'to_ship') return 'already_paid'
  close(world, key)
  return 'closed'
}
