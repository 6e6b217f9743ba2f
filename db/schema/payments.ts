import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, text, unique, uniqueIndex } from 'drizzle-orm/pg-core'
import { fen, id, moment } from './columns.ts'
import { orders } from './orders.ts'

/** What the buyer needs to pay. */
export type OpenAnswer = { kind: 'qr'; qr: string }

/** One try to pay one order at one provider. `opening → open → paid | closed | failed`. */
export const attempts = pgTable(
  'attempts',
  {
    /** Also the provider's `out_trade_no`. */
    number: id('number').primaryKey(),
    orderId: id('order_id')
      .notNull()
      .references(() => orders.id),
    provider: text('provider').notNull(),
    state: text('state').$type<'opening' | 'open' | 'paid' | 'closed' | 'failed'>().notNull(),
    amountFen: fen('amount_fen').notNull(),
    currency: text('currency').notNull(),
    description: text('description').notNull(),
    expiresAt: moment('expires_at').notNull(),
    /** A creation may be on its way until then: "no such trade" means nothing before it. */
    callingUntil: moment('calling_until').notNull(),
    answer: jsonb('answer').$type<OpenAnswer>(),
    transaction: text('transaction'),
    capturedFen: fen('captured_fen').notNull().default(sql`0`),
    refundingFen: fen('refunding_fen').notNull().default(sql`0`),
    refundedFen: fen('refunded_fen').notNull().default(sql`0`),
    openedAt: moment('opened_at').notNull().defaultNow(),
    endedAt: moment('ended_at'),
    /** When the watch asks the provider next; null: no more. */
    nextAskAt: moment('next_ask_at'),
    asked: integer('asked').notNull().default(0),
  },
  (t) => [
    uniqueIndex('one_open_attempt').on(t.orderId).where(sql`${t.state} IN ('opening', 'open')`),
    index('attempts_of_order').on(t.orderId),
    index('attempts_to_ask').on(t.nextAskAt).where(sql`${t.nextAskAt} IS NOT NULL`),
    check(
      'refunds_within_capture',
      sql`0 <= ${t.refundingFen} AND 0 <= ${t.refundedFen} AND ${t.refundingFen} + ${t.refundedFen} <= ${t.capturedFen}`,
    ),
  ],
)

/** What a provider told us, verified, before anything else is believed; due until the judge has written its outcome. */
export const notifications = pgTable(
  'notifications',
  {
    id: id('id').primaryKey(),
    provider: text('provider').notNull(),
    kind: text('kind').$type<'payment' | 'refund'>().notNull(),
    /** The provider's transaction number, or our refund number. */
    number: text('number').notNull(),
    state: text('state').notNull(),
    /** The trade number that the provider names, and the attempt that it is: null when it is none of ours. */
    trade: text('trade').notNull(),
    attempt: id('attempt').references(() => attempts.number),
    amountFen: fen('amount_fen').notNull(),
    currency: text('currency').notNull(),
    merchant: text('merchant').notNull(),
    app: text('app').notNull(),
    found: text('found').$type<'callback' | 'watch' | 'closing' | 'balance'>().notNull(),
    receivedAt: moment('received_at').notNull().defaultNow(),
    /** `paid`, `duplicate`, `refund <number>`, `attention`: written by the judge, once. */
    outcome: text('outcome'),
    judgedAt: moment('judged_at'),
    dueAt: moment('due_at').notNull(),
    delivered: integer('delivered').notNull().default(0),
  },
  (t) => [
    unique('notification_once').on(t.provider, t.kind, t.number, t.state),
    index('notifications_due').on(t.dueAt).where(sql`${t.outcome} IS NULL`),
    index('notifications_of_attempt').on(t.attempt),
  ],
)

/** Money on its way back. Inserting a row reserves its amount on the attempt. `asked → success`, or `closed`/`abnormal`: a human's. */
export const refunds = pgTable(
  'refunds',
  {
    /** From its cause, e.g. `late-wechat-v3-4200…`: whoever finds the cause finds this one refund. */
    number: text('number').primaryKey(),
    attempt: id('attempt')
      .notNull()
      .references(() => attempts.number),
    orderId: id('order_id').notNull(),
    cause: text('cause').$type<'late' | 'duplicate' | 'wrong_amount'>().notNull(),
    transaction: text('transaction').notNull(),
    amountFen: fen('amount_fen').notNull(),
    state: text('state').$type<'asked' | 'success' | 'closed' | 'abnormal'>().notNull().default('asked'),
    /** While it is asked: when the relay makes sure, next, that its workflow runs. */
    dueAt: moment('due_at').notNull().defaultNow(),
    createdAt: moment('created_at').notNull().defaultNow(),
    endedAt: moment('ended_at'),
  },
  (t) => [index('refunds_due').on(t.dueAt).where(sql`${t.state} = 'asked'`), index('refunds_of_order').on(t.orderId)],
)
