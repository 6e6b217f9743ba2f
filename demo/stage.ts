import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../db/seed/random.ts'
import type { OrderId } from '../domain/ids.ts'
import type { SandboxClient } from '../sandbox/client.ts'
import type { Following, OrderNow } from './following.ts'
import type { Buyer, Cast, Goods } from './provisions.ts'
import type { CodeChannel, Line, Shopper } from './shop.ts'

/** One short story of one buyer (or of rivals). Rejects with what did not go as it should. */
export type Act = (stage: Stage) => Promise<void>

/** What kind of end an order had, for the links at the end. */
export type Shown = 'paid' | 'closed' | 'refunded'

/** All that a scene needs. */
export type Stage = {
  following: Following
  sandbox: SandboxClient
  dice: Random
  /** The next buyer, all of them in turn, signed in. */
  shopper(): Shopper
  /** The next buyer of those who have their coupon yet: nobody twice. */
  shopperWithCoupon(): Shopper
  /** A buyer whose wallet is empty. */
  broke(): Shopper
  /** One or two lines of what is plenty, worth at least so much. */
  cart(atLeast?: bigint): Line[]
  /** One piece for less than 100 yuan. */
  cheap(): Line[]
  /** A SKU of which there is one piece left; another one each time. */
  lastPiece(): string
  /** Keeps an order of this kind to look at afterwards. */
  show(kind: Shown, order: OrderId): void
  /** Resolves at that moment (ms since 1970). */
  at(ms: number): Promise<void>
}

export type StageParts = {
  cast: Cast
  following: Following
  sandbox: SandboxClient
  dice: Random
  enter: (buyer: Buyer) => Shopper
  show: Stage['show']
}

/** Sets the stage for this cast. */
export function setStage({ cast, following, sandbox, dice, enter, show }: StageParts): Stage {
  const buyers = inTurn(cast.buyers)
  const withCoupon = inTurn(cast.buyers)
  const broke = inTurn(cast.broke)
  const lastPieces = inTurn(cast.lastPieces)
  const affordable = cast.goods.filter(({ priceFen }) => priceFen < 10_000n)
  return {
    following,
    sandbox,
    dice,
    show,
    shopper: () => enter(buyers()),
    shopperWithCoupon: () => enter(withCoupon()),
    broke: () => enter(broke()),
    cart(atLeast = 0n) {
      const dear = cast.goods.filter(({ priceFen }) => priceFen >= atLeast)
      const [first, second] = [dice.one(dear), dice.one(cast.goods)]
      const lines = [line(first, dice.between(1, 2))]
      return second.sku === first.sku || dice.between(0, 1) === 0 ? lines : [...lines, line(second, 1)]
    },
    cheap: () => [line(dice.one(affordable), 1)],
    lastPiece: () => lastPieces().sku,
    at: async (ms) => void (await pause(Math.max(0, ms - Date.now()))),
  }
}

const line = ({ sku }: Goods, quantity: number): Line => ({ sku, quantity })

function inTurn<T>(of: readonly T[]): () => T {
  let next = 0
  return () => {
    const one = of[next++ % of.length]
    if (one === undefined) throw new Error('the cast is empty: the seeded shop is not as the demo needs it')
    return one
  }
}

/** A buyer takes some time. */
export async function soon({ dice }: Stage, leastMs: number, mostMs: number): Promise<void> {
  await pause(dice.between(leastMs, mostMs))
}

/** Waits until the order has ended so. */
export async function settledAs(
  { following }: Stage,
  order: OrderId,
  is: (now: OrderNow) => boolean,
): Promise<void> {
  await following.until(order, is)
}

/** Opens a code, scans it after a while, and pays. */
export async function payByCode(
  stage: Stage,
  shopper: Shopper,
  { order, channel = 'wechat-v3' }: { order: OrderId; channel?: CodeChannel },
): Promise<void> {
  const trade = await shopper.pay(order, channel)
  await soon(stage, 300, 3500)
  await stage.sandbox.pay(trade)
}
