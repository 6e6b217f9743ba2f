import type { Amounts, CouponKind, PricedLine } from './amounts.ts'

export type CouponState = 'unused' | 'locked' | 'used'
export type Channel = 'wechat-v3' | 'wechat-v2' | 'alipay-qr'
/** How the provider's notification of a payment comes: `lost` and `forged alone` never. */
export type News = 'once' | 'twice' | 'delayed' | 'forged first' | 'forged alone' | 'lost'

type Buyer = {
  wallet: bigint
  points: bigint
  growth: bigint
  coupons: Partial<Record<CouponKind, CouponState>>
}
type Sku = { price: bigint; onHand: number; reserved: number; sales: number }
type Offer = {
  price: bigint
  quota: number
  granted: number
  sold: number
  limit: number
  ended: boolean
}
export type Order = {
  buyer: number
  kind: 'normal' | 'flash'
  payment: 'online' | 'on_delivery'
  /** Its deadline is seconds away, not half an hour: it may pass at any moment. */
  near: boolean
  lines: PricedLine[]
  amounts: Amounts
  coupon: CouponKind | undefined
  status: 'awaiting_payment' | 'to_ship' | 'closed'
  payState: 'unpaid' | 'paid' | 'on_delivery' | 'partly_refunded' | 'refunded'
  /** The trade that has its money, or the wallet. */
  paidBy: string | undefined
  /** The trade that can be paid, by our own books. */
  open: string | undefined
  /** Trades that were ever opened: the next one's number. */
  opened: number
  shippingRefunded: boolean
  /** Of a flash order: the pieces that its ticket holds. */
  ticket: number
  /** Fen of money (not points) that went back. */
  moneyBack: bigint
}
export type Trade = {
  order: string
  channel: Channel
  amount: bigint
  news: News
  /** The provider takes another amount than it was asked for. */
  wrong: boolean
  /** The provider takes money even when it has closed the trade. */
  late: boolean
  atProvider: 'open' | 'paid' | 'closed'
  captured: bigint
  /** Captured, and the shop does not know yet. */
  unresolved: boolean
  /** What goes back, or went back, of what was captured. */
  back: bigint
}

/** The shop as one would explain it: plain numbers, nothing in flight. */
export type World = {
  buyers: Buyer[]
  skus: Sku[]
  /** The SKU that is on offer is the last one. */
  offer: Offer
  orders: Record<string, Order>
  trades: Record<string, Trade>
}

/** What a buyer may hold unpaid. */
export const limits = { unpaidOrders: 4, unpaidPieces: 6, onDelivery: 2 } as const

/** Where every story begins. */
export const firstWorld = (): World => ({
  buyers: [
    { wallet: 5000n, points: 400n, growth: 0n, coupons: { off: 'unused', percent: 'unused' } },
    { wallet: 0n, points: 0n, growth: 0n, coupons: { off: 'unused' } },
    { wallet: 100_000n, points: 5000n, growth: 0n, coupons: { percent: 'unused' } },
  ],
  skus: [
    { price: 1999n, onHand: 4, reserved: 0, sales: 0 },
    { price: 850n, onHand: 9, reserved: 0, sales: 0 },
    { price: 12_345n, onHand: 3, reserved: 0, sales: 0 },
    { price: 1500n, onHand: 2, reserved: 0, sales: 0 }, // Five pieces, three of them on offer.
  ],
  offer: { price: 900n, quota: 3, granted: 0, sold: 0, limit: 2, ended: false },
  orders: {},
  trades: {},
})

export const flashSku = 3

/** One text for equal values, whatever the order of their keys. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, part) => {
    if (typeof part === 'bigint') return `${part}`
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })

/** What of a world can be seen from outside, at rest. */
export const visible = ({ buyers, skus, offer, orders, trades }: World) => ({
  buyers: buyers.map(({ wallet, points, growth, coupons }) => ({
    wallet: `${wallet}`,
    points: `${points}`,
    growth: `${growth}`,
    ...coupons,
  })),
  skus: skus.map(({ onHand, reserved, sales }) => ({ onHand, reserved, sales })),
  offer: { quota: offer.quota, granted: offer.granted, sold: offer.sold, ended: offer.ended },
  left: offer.ended ? null : offer.quota - offer.granted,
  orders: Object.fromEntries(
    Object.entries(orders).map(([key, { status, payState, amounts, lines, moneyBack }]) => [
      key,
      {
        status,
        payState,
        amounts: Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, `${amount}`])),
        refunded: lines.map(({ refunded }) => refunded),
        moneyBack: `${moneyBack}`,
      },
    ]),
  ),
  trades: Object.fromEntries(
    Object.entries(trades).map(([key, { captured, back }]) => [
      key,
      { captured: `${captured}`, back: `${back}` },
    ]),
  ),
})
export type Visible = ReturnType<typeof visible>
