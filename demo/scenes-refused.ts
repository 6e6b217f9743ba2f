import { isPaid } from './following.ts'
import { ShopRefused } from './shop.ts'
import { type Act, payByCode, settledAs } from './stage.ts'

/** Spends a coupon, then tries to spend it again: the second order is refused. */
export const usedCoupon: Act = async (stage) => {
  const shopper = stage.shopperWithCoupon()
  const order = await shopper.place(await shopper.quote(stage.cart(4900n)), {
    payment: 'on_delivery',
    coupon: true,
  })
  await stage.following.until(order, ({ status }) => status === 'to_ship')
  return refusedAs(
    'coupon_unavailable',
    shopper.place(await shopper.quote(stage.cart(4900n)), { payment: 'online', coupon: true }),
  )
}

/**
 * Wants to pay from an empty wallet: refused, and the stock that was reserved a step before is for sale
 * again.
 */
export const emptyWallet: Act = async (stage) => {
  const shopper = stage.broke()
  return refusedAs(
    'balance_insufficient',
    shopper.place(await shopper.quote(stage.cart()), { payment: 'online', balance: 5000n }),
  )
}

/** Six buyers press at once for the one piece that there is: one has it, five learn that it is gone. */
export const lastPiece: Act = async (stage) => {
  const line = [{ sku: stage.lastPiece(), quantity: 1 }]
  const rivals = Array.from({ length: 6 }, () => stage.shopper())
  const quotes = await Promise.all(rivals.map((rival) => rival.quote(line)))
  const tries = await Promise.allSettled(
    rivals.map((rival, i) =>
      rival.place(quotes[i] ?? raise('a rival without a quote'), { payment: 'online' }),
    ),
  )
  const won = tries.flatMap((attempt, i) =>
    attempt.status === 'fulfilled' ? [{ order: attempt.value, by: rivals[i] ?? raise('nobody') }] : [],
  )
  const [winner] = won
  if (!winner || won.length > 1) throw new Error(`the last piece was sold ${won.length} times`)
  await Promise.all(
    tries
      .filter((attempt) => attempt.status === 'rejected')
      .map(({ reason }) => refusedAs('out_of_stock', Promise.reject(reason))),
  )
  await payByCode(stage, winner.by, { order: winner.order })
  return settledAs(stage, winner.order, isPaid)
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
