import { sql } from 'drizzle-orm'
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core'
import type { AddressSnapshot } from '../../domain/address.ts'
import type {
  ClosedWhy,
  OrderKind,
  OrderStatus,
  PaymentMethod,
  PayState,
  ShippingState,
} from '../../domain/order.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { fen, id, moment } from './columns.ts'

export const orders = pgTable(
  'orders',
  {
    /** The quote's id, the order's number and, as `order-<id>`, its workflow's id. */
    id: id('id').primaryKey(),
    buyerId: id('buyer_id').notNull(),
    kind: smallint('kind').$type<OrderKind>().notNull(),
    source: text('source').notNull(),
    status: text('status').$type<OrderStatus>().notNull(),
    payState: text('pay_state').$type<PayState>().notNull().default('unpaid'),
    shippingState: text('shipping_state').$type<ShippingState>().notNull().default('not_shipped'),
    payment: text('payment').$type<PaymentMethod>().notNull(),
    /** First execution of the workflow that owns the row; another run of the same id touches nothing. */
    runId: text('run_id').notNull(),
    /** Of what the buyer asked for with this token; the same token with something else is `token_reused`. */
    fingerprint: text('fingerprint').notNull(),
    goodsFen: fen('goods_fen').notNull(),
    shippingFen: fen('shipping_fen').notNull(),
    couponFen: fen('coupon_fen').notNull(),
    pointsFen: fen('points_fen').notNull(),
    balanceFen: fen('balance_fen').notNull(),
    dueFen: fen('due_fen').notNull(),
    points: bigint('points', { mode: 'bigint' }).notNull(),
    userCouponId: id('user_coupon_id'),
    address: jsonb('address').$type<AddressSnapshot>(),
    note: text('note').notNull().default(''),
    refusal: jsonb('refusal').$type<Refusal>(),
    closedWhy: text('closed_why').$type<ClosedWhy>(),
    placedAt: moment('placed_at').notNull().defaultNow(),
    confirmedAt: moment('confirmed_at'),
    /** Until when it can be paid; from `confirm` on. */
    payBy: moment('pay_by'),
    paidAt: moment('paid_at'),
    closedAt: moment('closed_at'),
  },
  (t) => [
    index('orders_of_buyer').on(t.buyerId, t.id.desc()),
    /** What a buyer holds unpaid is counted at every placing. */
    index('orders_unpaid')
      .on(t.buyerId)
      .where(sql`${t.status} IN ('placing', 'awaiting_payment', 'closing') OR ${t.payState} = 'on_delivery'`),
    index('orders_unfinished')
      .on(t.placedAt)
      .where(sql`${t.status} IN ('placing', 'awaiting_payment', 'closing')`),
    check(
      'amounts_add_up',
      sql`
        ${t.goodsFen} + ${t.shippingFen} - ${t.couponFen} - ${t.pointsFen} - ${t.balanceFen} = ${t.dueFen}
          AND ${t.dueFen} >= 0`,
    ),
  ],
)

export const orderLines = pgTable(
  'order_lines',
  {
    orderId: id('order_id')
      .notNull()
      .references(() => orders.id),
    line: integer('line').notNull(),
    skuId: id('sku_id').notNull(),
    name: text('name').notNull(),
    image: text('image').notNull(),
    attributes: jsonb('attributes').$type<Record<string, string>>().notNull(),
    unitPriceFen: fen('unit_price_fen').notNull(),
    quantity: integer('quantity').notNull(),
    /** This line's share of each deduction, exact to the fen over the order. */
    couponFen: fen('coupon_fen').notNull(),
    pointsFen: fen('points_fen').notNull(),
    balanceFen: fen('balance_fen').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.orderId, t.line] }),
    check('quantity_in_range', sql`${t.quantity} BETWEEN 1 AND 999`),
  ],
)

/** What happened to an order, in the order in which it happened; never changed. */
export const orderLog = pgTable(
  'order_log',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    orderId: id('order_id').notNull(),
    at: moment('at').notNull().defaultNow(),
    fromStatus: text('from_status').$type<OrderStatus>(),
    toStatus: text('to_status').$type<OrderStatus>().notNull(),
    why: text('why').notNull(),
  },
  (t) => [index('log_of_order').on(t.orderId, t.id)],
)

/**
 * A buyer's note waits here for its order, because personal data does not go through a workflow's history;
 * then the jobs removes it.
 */
export const orderNotes = pgTable(
  'order_notes',
  {
    orderId: id('order_id').notNull(),
    fingerprint: text('fingerprint').notNull(),
    note: text('note').notNull(),
    writtenAt: moment('written_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.orderId, t.fingerprint] })],
)

/** The step ledger: an effect of an order on the world, done at most once and undone at most once. */
export const steps = pgTable(
  'steps',
  {
    orderId: id('order_id').notNull(),
    step: text('step').notNull(),
    state: text('state').$type<'done' | 'undone'>().notNull(),
    at: moment('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.orderId, t.step] })],
)
