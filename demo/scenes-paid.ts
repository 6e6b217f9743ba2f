import { isClosed, isOnDelivery, isPaid } from './following.ts'
import type { CodeChannel } from './shop.ts'
import { type Act, payByCode, settledAs, soon } from './stage.ts'

/**
 * Paid by scanning a code, notified by a signed callback; some with coupon, points and a part from the
 * wallet.
 */
export const byCode =
  (channel: CodeChannel): Act =>
  async (stage) => {
    const extras = stage.dice.between(0, 3)
    const shopper = extras === 1 ? stage.shopperWithCoupon() : stage.shopper()
    const quote = await shopper.quote(stage.cart(extras === 1 ? 4900n : 0n))
    const extra = { coupon: extras === 1, points: extras === 2, ...(extras === 3 ? { balance: 2000n } : {}) }
    const order = await shopper.place(quote, { payment: 'online', ...extra })
    await payByCode(stage, shopper, { order, channel })
    stage.show('paid', order)
    return settledAs(stage, order, isPaid)
  }

/** Paid, and called off before it is shipped: everything goes back to where it came from. */
export const calledOff: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), {
    payment: 'online',
    points: true,
    balance: 1500n,
  })
  await payByCode(stage, shopper, { order })
  await stage.following.until(order, isPaid)
  await shopper.cancel(order)
  return settledAs(stage, order, (now) => isClosed(now) && now.refunded)
}

/** The wallet as the channel: paid at once. */
export const balance: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cheap()), { payment: 'online' })
  await soon(stage, 200, 2000)
  await shopper.pay(order, 'balance')
  return settledAs(stage, order, isPaid)
}

/** All of it from the wallet when placing: nothing is due. */
export const nothingDue: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cheap()), {
    payment: 'online',
    balance: 1_000_000n,
  })
  return settledAs(stage, order, isPaid)
}

/** Cash on delivery. */
export const onDelivery: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cart()), { payment: 'on_delivery' })
  return settledAs(stage, order, isOnDelivery)
}

/**
 * Opens WeChat's code, thinks better of it, and pays from the wallet: the first payment is closed at WeChat
 * before the second is opened.
 */
export const changedMind: Act = async (stage) => {
  const shopper = stage.shopper()
  const order = await shopper.place(await shopper.quote(stage.cheap()), { payment: 'online' })
  await shopper.pay(order, 'wechat-v3')
  await soon(stage, 300, 1500)
  await shopper.pay(order, 'balance')
  return settledAs(stage, order, isPaid)
}
