/** What an order can be, and every change of status that there is. */
export const statuses = [
  'placing',
  'awaiting_payment',
  'to_ship',
  'shipped',
  'received',
  'completed',
  'rejected',
  'closing',
  'closed',
] as const
export type OrderStatus = (typeof statuses)[number]

export const payStates = ['unpaid', 'paid', 'on_delivery', 'partly_refunded', 'refunded'] as const
export type PayState = (typeof payStates)[number]

export const shippingStates = ['not_shipped', 'partly_shipped', 'shipped', 'received'] as const
export type ShippingState = (typeof shippingStates)[number]

export const kinds = { normal: 1, seckill: 2 } as const
export type OrderKind = (typeof kinds)[keyof typeof kinds]

export type PaymentMethod = 'online' | 'on_delivery'
export type ClosedWhy = 'pay_timeout' | 'buyer_cancelled' | 'operator_cancelled'

/** Where each status may go. The only place that says so: every update asks `mayLeaveFor`. */
const transitions: Record<OrderStatus, readonly OrderStatus[]> = {
  placing: ['awaiting_payment', 'to_ship', 'rejected'],
  awaiting_payment: ['to_ship', 'closing'],
  closing: ['to_ship', 'closed'],
  to_ship: ['shipped', 'closed'],
  shipped: ['received'],
  received: ['completed'],
  completed: [],
  rejected: [],
  closed: [],
}

/** The statuses that an update to `next` may leave: what goes into its `WHERE status = ANY(…)`. */
export const mayLeaveFor = (next: OrderStatus): OrderStatus[] =>
  statuses.filter((from) => transitions[from].includes(next))

/** Statuses that a buyer's list does not show. */
export const hidden: readonly OrderStatus[] = ['placing', 'rejected']

/**
 * The placing steps in the order in which they are done, and undone: one order of locks for both. A flash
 * order has `take_offer` for `reserve_stock`.
 */
export const placingSteps = [
  'reserve_stock',
  'take_offer',
  'lock_coupon',
  'debit_balance',
  'spend_points',
  'confirm',
] as const
export type PlacingStep = (typeof placingSteps)[number]
/** Every step of the ledger. */
export type Step = PlacingStep
