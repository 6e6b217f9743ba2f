import type { CouponKind } from './amounts.ts'
import type { Channel, News, World } from './world.ts'

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

/** How the answers of one operation are made, from the world before it. */
export type Making = {
  company: Company
  same: (answer: string) => Outcome
  changed: (answer: string, change: (world: World) => void) => Outcome
}
