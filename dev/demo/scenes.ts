import type { OrderId } from '../../domain/ids.ts'
import { SandboxRefusal } from '../../sandbox/client.ts'
import type { OrderNow } from './following.ts'
import { type Shopper, ShopRefused } from './shop.ts'
import { type Act, type Stage, settledAs, soon } from './stage.ts'

const paid = ({ status, payState }: OrderNow): boolean => status === 'to_ship' && payState === 'paid'
const closed = ({ status }: OrderNow): boolean => status === 'closed'
const ended = (now: OrderNow): boolean => paid(now) || closed(now)

/** Shows the QR code's order to the buyer's phone after a moment of thought. */
async function payByWechat(stage: Stage, shopper: Shopper, order: OrderId): Promise<void> {
  const trade = await shopper.pay(order, 'wechat-v3')
  await soon(stage, 300, 3500)
  await stage.sandbox.pay(trade)
}

/** WeChat Pay, told by a signed callback; some with coupon, points and a part from the wallet. */
export const wechat: Act = async (stage) => {
  const extras = stage.dice.between(0, 3)
  const shopper = await (extras === 1 ? stage.shopperWithCoupon() : stage.shopper())
  const quote = await shopper.quote(stage.cart(extras === 1 ? 4900n : 0n))
  const wish = { coupon: extras === 1, points: extras === 2, ...(extras === 3 ? { balance: 2000n } : {}) }
  const order = await shopper.place(quote, { payment: 'online', ...wish })
  await payByWechat(stage, shopper, order)
  stage.show('paid', order)
  return settledAs(stage, order, paid)
}

/** The wallet as the channel: paid at once. */
export const balance: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cheap()), { payment: 'online' })
  await soon(stage, 200, 2000)
  await shopper.pay(order, 'balance')
  return settledAs(stage, order, paid)
}

/** All of it from the wallet when placing: nothing is due. */
export const nothingDue: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cheap()), { payment: 'online', balance: 1_000_000n })
  return settledAs(stage, order, paid)
}

export const onDelivery: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'on_delivery' })
  return settledAs(stage, order, ({ status, payState }) => status === 'to_ship' && payState === 'on_delivery')
}

/** Opens WeChat's code, thinks better of it, and pays from the wallet: the first payment is closed at WeChat before the second is opened. */
export const changedMind: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cheap()), { payment: 'online' })
  await shopper.pay(order, 'wechat-v3')
  await soon(stage, 300, 1500)
  await shopper.pay(order, 'balance')
  return settledAs(stage, order, paid)
}

/** Nobody pays; half of them have a code open at WeChat. */
export const neverPaid: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online', coupon: false, points: true })
  if (stage.dice.between(0, 1) === 1) await shopper.pay(order, 'wechat-v3')
  stage.show('closed', order)
  return settledAs(stage, order, (now) => closed(now) && now.closedWhy === 'pay_timeout')
}

export const cancelled: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online', balance: 1000n })
  if (stage.dice.between(0, 1) === 1) await shopper.pay(order, 'wechat-v3')
  await soon(stage, 300, 2500)
  await shopper.cancel(order)
  return settledAs(stage, order, (now) => closed(now) && now.closedWhy === 'buyer_cancelled')
}

/** Pays in WeChat's last second, and the callback comes as the timer fires: it ends as paid or as closed, never as both. */
export const lastSecond: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  const { payBy } = await stage.following.until(order, (now) => now.payBy !== null)
  const deadline = payBy?.getTime() ?? 0
  // WeChat's own expiry is in whole seconds, never later than ours.
  const last = Math.floor(deadline / 1000) * 1000 - stage.dice.between(30, 250)
  await stage.sandbox.switches({ notifyDelayMs: Math.max(0, deadline - last + stage.dice.between(-200, 200)) }, trade)
  await stage.at(last)
  await stage.sandbox.pay(trade).catch(unlessTooLate)
  return settledAs(stage, order, ended)
}

function unlessTooLate(error: unknown): void {
  if (!(error instanceof SandboxRefusal && error.code === 'ORDER_CLOSED')) throw error
}

/** WeChat never calls back: the watch asks, and finds the money. */
export const lostCallback: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  await stage.sandbox.switches({ noNotification: true }, trade)
  await stage.sandbox.pay(trade)
  return settledAs(stage, order, paid)
}

/** WeChat takes the money after the order closed: it goes back. */
export const paidLate: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  await stage.sandbox.switches({ takeMoneyWhenClosed: true }, trade)
  await stage.following.until(order, closed)
  await stage.sandbox.pay(trade)
  stage.show('refunded', order)
  return settledAs(stage, order, (now) => closed(now) && now.refunded)
}

/** WeChat captures another amount than was asked for: it goes back, and the order is not paid by it. */
export const wrongAmount: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  await stage.sandbox.switches({ captureFen: '1' }, trade)
  await stage.sandbox.pay(trade)
  return settledAs(stage, order, (now) => closed(now) && now.refunded)
}

/** A forged callback arrives before the genuine one: it is not believed. */
export const forged: Act = async (stage) => {
  const shopper = await stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  await stage.sandbox.forge(trade)
  const { status } = await stage.following.until(order, () => true)
  if (status !== 'awaiting_payment') throw new Error(`order ${order} believed a forged callback`)
  await stage.sandbox.pay(trade)
  return settledAs(stage, order, paid)
}

/** Spends a coupon, then tries to spend it again: the second order is refused. */
export const usedCoupon: Act = async (stage) => {
  const shopper = await stage.shopperWithCoupon()
  const order = await shopper.place(await shopper.quote(stage.cart(4900n)), { payment: 'on_delivery', coupon: true })
  await stage.following.until(order, ({ status }) => status === 'to_ship')
  return refusedAs('coupon_unavailable', shopper.place(await shopper.quote(stage.cart(4900n)), { payment: 'online', coupon: true }))
}

/** Wants to pay from an empty wallet: refused, and the stock that was reserved a step before is for sale again. */
export const emptyWallet: Act = async (stage) => {
  const shopper = await stage.broke()
  return refusedAs('balance_insufficient', shopper.place(await shopper.quote(stage.cart()), { payment: 'online', balance: 5000n }))
}

/** Six buyers press at once for the one piece that there is: one has it, five are told that it is gone. */
export const lastPiece: Act = async (stage) => {
  const line = [{ sku: stage.lastPiece(), quantity: 1 }]
  const rivals = await Promise.all(Array.from({ length: 6 }, () => stage.shopper()))
  const quotes = await Promise.all(rivals.map((rival) => rival.quote(line)))
  const tries = await Promise.allSettled(rivals.map((rival, i) => rival.place(quotes[i] ?? raise('a rival without a quote'), { payment: 'online' })))
  const won = tries.flatMap((attempt, i) => (attempt.status === 'fulfilled' ? [{ order: attempt.value, by: rivals[i] ?? raise('nobody') }] : []))
  const [winner] = won
  if (!winner || won.length > 1) throw new Error(`the last piece was sold ${won.length} times`)
  await Promise.all(tries.filter((attempt) => attempt.status === 'rejected').map(({ reason }) => refusedAs('out_of_stock', Promise.reject(reason))))
  await payByWechat(stage, winner.by, winner.order)
  return settledAs(stage, winner.order, paid)
}

async function refusedAs(code: string, placing: Promise<unknown>): Promise<void> {
  try {
    await placing
  } catch (error) {
    if (error instanceof ShopRefused && error.code === code) return
    throw error
  }
  throw new Error(`an order was placed that should have been refused as ${code}`)
}

function raise(why: string): never {
  throw new Error(why)
}
