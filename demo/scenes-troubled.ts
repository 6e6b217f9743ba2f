import { SandboxRefusal } from '../sandbox/client.ts'
import { isClosed, isPaid } from './following.ts'
import { type Act, settledAs, soon } from './stage.ts'

/** Nobody pays; half of them have a code open at WeChat. */
export const neverPaid: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), {
    payment: 'online',
    coupon: false,
    points: true,
  })
  if (stage.dice.between(0, 1) === 1) await shopper.pay(order, 'wechat-v3')
  stage.show('closed', order)
  return settledAs(stage, order, (now) => isClosed(now) && now.closedWhy === 'pay_timeout')
}

/** Cancelled by the buyer before it is paid. */
export const cancelled: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online', balance: 1000n })
  if (stage.dice.between(0, 1) === 1) await shopper.pay(order, 'wechat-v3')
  await soon(stage, 300, 2500)
  await shopper.cancel(order)
  return settledAs(stage, order, (now) => isClosed(now) && now.closedWhy === 'buyer_cancelled')
}

/**
 * Pays in WeChat's last second, and the callback comes as the timer fires: it ends as paid or as closed,
 * never as both.
 */
export const lastSecond: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  const { payBy } = await stage.following.until(order, (now) => now.payBy !== null)
  const deadline = payBy?.getTime() ?? 0
  // WeChat's own expiry is in whole seconds, never later than ours.
  const last = Math.floor(deadline / 1000) * 1000 - stage.dice.between(30, 250)
  await stage.sandbox.switches(
    { notifyDelayMs: Math.max(0, deadline - last + stage.dice.between(-200, 200)) },
    trade,
  )
  await stage.at(last)
  await stage.sandbox.pay(trade).catch(unlessTooLate)
  return settledAs(stage, order, (now) => isPaid(now) || isClosed(now))
}

function unlessTooLate(error: unknown): void {
  if (!(error instanceof SandboxRefusal && error.code === 'ORDER_CLOSED')) throw error
}

/** WeChat never calls back: the watch asks, and finds the money. */
export const lostCallback: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  await stage.sandbox.switches({ noNotification: true }, trade)
  await stage.sandbox.pay(trade)
  return settledAs(stage, order, isPaid)
}

/** WeChat takes the money after the order closed: it goes back. */
export const paidLate: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  await stage.sandbox.switches({ takeMoneyWhenClosed: true }, trade)
  await stage.following.until(order, isClosed)
  await stage.sandbox.pay(trade)
  stage.show('refunded', order)
  return settledAs(stage, order, (now) => isClosed(now) && now.refunded)
}

/** WeChat captures another amount than was asked for: it goes back, and the order is not paid by it. */
export const wrongAmount: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  await stage.sandbox.switches({ captureFen: '1' }, trade)
  await stage.sandbox.pay(trade)
  return settledAs(stage, order, (now) => isClosed(now) && now.refunded)
}

/** A forged callback arrives before the genuine one: it is not believed. */
export const forged: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'online' })
  const trade = await shopper.pay(order, 'wechat-v3')
  await stage.sandbox.forge(trade)
  const { status } = await stage.following.until(order, () => true)
  if (status !== 'awaiting_payment') throw new Error(`order ${order} believed a forged callback`)
  await stage.sandbox.pay(trade)
  return settledAs(stage, order, isPaid)
}
