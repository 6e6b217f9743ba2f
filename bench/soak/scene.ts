import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../db/seed/random.ts'
import { type SandboxClient, SandboxRefusal } from '../../sandbox/client.ts'
import type { Answer, Call, Calls } from './calls.ts'
import type { Promises } from './promises.ts'
import type { Buyer, SoakShop } from './shop.ts'

/** All that a buyer's story needs; each story has dice of its own. */
export type Scene = {
  dice: Random
  shop: SoakShop
  calls: Calls
  sandbox: SandboxClient
  promises: Promises
  /** Counts a refusal that may come: something is out of stock, a coupon is used. */
  refused(code: string): void
}
/** A story of one buyer. Rejects with what did not go as it should. */
export type Act = (scene: Scene) => Promise<void>

export const codeChannels = ['wechat-v3', 'wechat-v2', 'alipay-qr'] as const
export type CodeChannel = (typeof codeChannels)[number]

/** Refusals that are the rules of the shop, and no fault of it. */
const rules = new Set([
  'out_of_stock',
  'coupon_unavailable',
  'balance_insufficient',
  'points_insufficient',
  'too_many_unpaid_orders',
  'too_many_pieces',
  'on_delivery_unavailable',
  'unavailable',
  'quote_expired',
])

export type Placed = { order: string; call: Call; payBy: number; lines: number }
type Choice = { payment?: 'online' | 'on_delivery'; scarce?: boolean }

/** Quotes and places; undefined when the shop's rules refuse it. */
export async function place(scene: Scene, choice: Choice = {}): Promise<Placed | undefined> {
  const { dice, shop, calls } = scene
  const buyer = dice.one(shop.buyers)
  const call = calls.as(buyer.id)
  const lines = choice.scarce
    ? [{ sku: dice.one(shop.scarce), quantity: dice.between(1, 2) }]
    : [...new Set([dice.one(shop.skus), dice.one(shop.skus)])].map((sku) => ({
        sku,
        quantity: dice.between(1, 3),
      }))
  const quote = await call('POST /v1/quotes', { lines, source: 'web' })
  if (quote.status !== 200) throw new Error(`a quote was answered ${said(quote)}`)
  const json = {
    quoteToken: quote.body.quoteToken,
    addressId: buyer.address,
    payment: choice.payment ?? 'online',
    ...extras(scene, buyer, quote.body.points as { usable: string }),
  }
  const placed = await until(
    60,
    () => call('POST /v1/orders', json),
    ({ status }) => status !== 202,
  )
  if (placed.status === 201) {
    const { id, payBy } = placed.body as { id: string; payBy: string | null }
    scene.promises.placed(id)
    return { order: id, call, payBy: payBy === null ? 0 : Date.parse(payBy), lines: lines.length }
  }
  const code = String(placed.body.code)
  if (!rules.has(code)) throw new Error(`placing was answered ${said(placed)}`)
  scene.refused(code)
  return undefined
}

/** Coupon, points and balance, each now and then; several orders compete for one coupon of each buyer. */
function extras({ dice }: Scene, buyer: Buyer, points: { usable: string }): Record<string, string> {
  const [withCoupon, withPoints, withBalance] = [dice.between(1, 4), dice.between(1, 4), dice.between(1, 4)]
  const coupon =
    withCoupon === 1 ? (dice.between(1, 5) === 1 ? buyer.coupons[0] : buyer.coupons.pop()) : undefined
  return {
    ...(coupon && { couponId: coupon }),
    // With a coupon fewer may be used.
    ...(withPoints === 1 && { points: String(BigInt(points.usable) / (coupon ? 4n : 1n)) }),
    ...(withBalance === 1 && { balance: String(dice.between(1, 40) * 100 + 1) }),
  }
}

/**
 * Opens a payment; its number, or why there is none: the order is paid already, or it is over, or the wallet
 * is short.
 */
export async function open(
  { call, order }: Pick<Placed, 'call' | 'order'>,
  channel: CodeChannel | 'balance',
): Promise<{ number: string } | 'paid' | 'over' | 'short'> {
  const unsettled = ({ body }: Answer): boolean => body.code === 'attempt_unsettled'
  const opened = await until(
    60,
    () => call(`POST /v1/orders/${order}/payments`, { channel }),
    (answer) => !unsettled(answer),
  )
  if (opened.status === 201) return { number: String(opened.body.number) }
  switch (opened.body.code) {
    case 'already_paid':
      return 'paid'
    case 'balance_insufficient':
      return 'short'
    case 'order_closing':
    case 'order_closed':
    case 'too_many_attempts':
    case 'attempt_unsettled':
      return 'over'
    default:
      throw new Error(`paying order ${order} was answered ${said(opened)}`)
  }
}

/** The buyer scans and pays; false when the provider refuses. */
export async function scan({ sandbox }: Scene, number: string): Promise<boolean> {
  try {
    await sandbox.pay(number)
    return true
  } catch (error) {
    if (error instanceof SandboxRefusal) return false
    throw error
  }
}

/** Looks at the order until it is paid or closed, and notes the answer. */
export async function follow(
  scene: Scene,
  { call, order }: Pick<Placed, 'call' | 'order'>,
): Promise<'paid' | 'closed'> {
  const seen = await until(
    200,
    () => call(`GET /v1/orders/${order}`),
    ({ status, body }) => status === 200 && ['to_ship', 'closed'].includes(String(body.status)),
  )
  if (seen.body.status === 'closed') {
    scene.promises.closed(order)
    return 'closed'
  }
  if (seen.body.status !== 'to_ship') throw new Error(`order ${order} has no end: ${said(seen)}`)
  scene.promises.paid(order)
  return 'paid'
}

/** Asks up to so many times, 1.5 s apart; answers the last answer. */
async function until(
  times: number,
  ask: () => Promise<Answer>,
  isIt: (answer: Answer) => boolean,
): Promise<Answer> {
  for (let left = times; ; left--) {
    const answer = await ask()
    if (isIt(answer) || left === 0) return answer
    await pause(1500)
  }
}

/** An answer in words. */
export const said = ({ status, body }: Answer): string =>
  [status, body.code ?? body.status, body.details && JSON.stringify(body.details)].filter(Boolean).join(' ')

/** Waits until that moment, ms since 1970. */
export const at = async (moment: number): Promise<void> =>
  void (await pause(Math.max(0, moment - Date.now())))
