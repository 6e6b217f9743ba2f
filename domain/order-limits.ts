import type { SkuId } from './ids.ts'
import { type Fen, fen } from './money.ts'
import type { PaymentMethod } from './order.ts'
import type { FenText } from './quote.ts'
import { refuse } from './refusals.ts'

/** What a buyer may hold without having paid: plain JSON, as it travels in the order's input. */
export type OrderLimits = {
  /** Orders that wait for their payment, at the same time. */
  unpaidOrders: number
  /** Pieces of one SKU in all unpaid orders together, those on delivery too. */
  unpaidPieces: number
  onDelivery: {
    /** Orders on delivery that are not received yet, at the same time; 0: cash on delivery is off. */
    orders: number
    /** Of what is due, fen. */
    most: FenText
    /** Where it is offered; without: everywhere. */
    provinces?: readonly string[]
  }
}

/** What a buyer holds unpaid, without the order that is being placed. */
export type UnpaidHoldings = { orders: number; onDelivery: number; pieces: Readonly<Record<string, number>> }

export type LimitedOrder = {
  payment: PaymentMethod
  due: Fen
  province: string
  lines: readonly { sku: SkuId; quantity: number }[]
}

/**
 * Refuses an order that goes beyond what its buyer may hold unpaid. One of which nothing is due is paid at
 * once, and never limited.
 * @throws {Refused} too_many_unpaid_orders, too_many_pieces, on_delivery_unavailable
 */
export function checkLimits(limits: OrderLimits, held: UnpaidHoldings, order: LimitedOrder): void {
  if (order.due === 0n) return
  if (order.payment === 'on_delivery') checkOnDelivery(limits.onDelivery, held, order)
  else if (held.orders >= limits.unpaidOrders)
    refuse('too_many_unpaid_orders', { limit: limits.unpaidOrders })
  const wanted = new Map<SkuId, number>()
  for (const { sku, quantity } of order.lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  for (const [sku, pieces] of wanted) {
    const has = held.pieces[sku] ?? 0
    if (has + pieces > limits.unpaidPieces)
      refuse('too_many_pieces', { sku, limit: limits.unpaidPieces, held: has })
  }
}

function checkOnDelivery(
  { orders, most, provinces }: OrderLimits['onDelivery'],
  held: UnpaidHoldings,
  { due, province }: LimitedOrder,
): void {
  if (orders === 0) refuse('on_delivery_unavailable', { reason: 'off' })
  if (provinces && !provinces.includes(province)) refuse('on_delivery_unavailable', { reason: 'province' })
  if (due > fen(most)) refuse('on_delivery_unavailable', { reason: 'amount' })
  if (held.onDelivery >= orders) refuse('on_delivery_unavailable', { reason: 'too_many' })
}
