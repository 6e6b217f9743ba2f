import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import type { OpenAnswer } from '../../domain/payment.ts'
import { fen, id, moment } from './columns.ts'
import { orders } from './orders.ts'

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
    /**
     * What the buyer chose: the provider, and a payment product there (`channels` of providers/provider.ts).
     */
    channel: text('channel').notNull(),
    state: text('state').$type<'opening' | 'open' | 'paid' | 'closed' | 'failed'>().notNull(),
    amountFen: fen('amount_fen').notNull(),
    currency: text('currency').notNull(),
    description: text('description').notNull(),
    expiresAt: moment('expires_at').notNull(),
    /** A creation may be on its way until then: "no such trade" means nothing before it. */
    callingUntil: moment('calling_until').notNull(),
    answer: jsonb('answer').$type<OpenAnswer>(),
    /**
     * When the answer is over by its provider's rules, and fetched anew; null: it is good as long as the
     * attempt.
     */
    answerUntil: moment('answer_until'),
    /**
     * What the payment product has to know of the buyer, for a repetition of the creation; null once the
     * attempt has ended: it is personal data.
     */
    payer: jsonb('payer').$type<{ openid?: string; ip?: string }>(),
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
    uniqueIndex('one_paid_attempt').on(t.orderId).where(sql`${t.state} = 'paid'`),
    index('attempts_of_order').on(t.orderId),
    /** By provider: what one that is gone has left behind costs the others nothing. */
    index('attempts_to_ask').on(t.provider, t.nextAskAt).where(sql`${t.nextAskAt} IS NOT NULL`),
    /** Since when a provider is used: its statements are planned from that day on. */
    index('attempts_of_provider').on(t.provider, t.openedAt),
    index('attempts_to_strip')
      .on(t.number)
      .where(sql`${t.endedAt} IS NOT NULL AND (${t.answer} IS NOT NULL OR ${t.payer} IS NOT NULL)`),
    check(
      'refunds_within_capture',
      sql`
        0 <= ${t.refundingFen}
          AND 0 <= ${t.refundedFen}
          AND ${t.refundingFen} + ${t.refundedFen} <= ${t.capturedFen}`,
    ),
  ],
)

/**
 * What a provider notified, verified, before anything else is believed; due until the resolver has written
 * its outcome.
 */
export const notifications = pgTable(
  'notifications',
  {
    id: id('id').primaryKey(),
    provider: text('provider').notNull(),
    /**
     * `progress`: a trade that has moved on without bringing money. A kind of its own, so that it never
     * shares a key with a payment.
     */
    kind: text('kind').$type<'payment' | 'progress' | 'refund'>().notNull(),
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
    found: text('found').$type<'callback' | 'watch' | 'closing' | 'balance' | 'statement'>().notNull(),
    receivedAt: moment('received_at').notNull().defaultNow(),
    /**
     * `paid`, `duplicate`, `refund <number>`, `attention`, `foreign`: written by the resolver, once; `noted`
     * for progress.
     */
    outcome: text('outcome'),
    resolvedAt: moment('resolved_at'),
    dueAt: moment('due_at').notNull(),
    delivered: integer('delivered').notNull().default(0),
  },
  (t) => [
    unique('notification_once').on(t.provider, t.kind, t.number, t.state),
    index('notifications_due').on(t.dueAt).where(sql`${t.outcome} IS NULL`),
    index('notifications_of_attempt').on(t.attempt),
    /**
     * A day's payments, for its statement. Not BRIN: the outcome is written later, to another place of the
     * table.
     */
    index('notifications_received').on(t.provider, t.receivedAt).where(sql`${t.kind} = 'payment'`),
  ],
)

/**
 * Money on its way back. Inserting a row reserves its amount on the attempt. `asked → success`, or
 * `closed`/`abnormal`: a human's. What an order took from wallet and points goes back with the row itself; so
 * does an amount of zero, which is a success at once.
 */
export const refunds = pgTable(
  'refunds',
  {
    /**
     * From its cause, e.g. `late-wechat-v3-4200…`, `order-<order>-<key>`: whoever finds the cause finds this
     * one refund.
     */
    number: text('number').primaryKey(),
    /** Whose money goes back; null when the order was paid without any. */
    attempt: id('attempt').references(() => attempts.number),
    orderId: id('order_id').notNull(),
    cause: text('cause')
      .$type<'late' | 'duplicate' | 'wrong_amount' | 'cancelled' | 'operator' | 'reissue'>()
      .notNull(),
    transaction: text('transaction'),
    amountFen: fen('amount_fen').notNull(),
    balanceFen: fen('balance_fen').notNull().default(sql`0`),
    points: bigint('points', { mode: 'bigint' }).notNull().default(sql`0`),
    shippingFen: fen('shipping_fen').notNull().default(sql`0`),
    /** Whether the shipping fee is refunded with it, also one of nothing. */
    shippingRefunded: boolean('shipping_refunded').notNull().default(false),
    /** What the operator wrote about it. */
    reason: text('reason').notNull().default(''),
    /** Who asked for it: an operator's subject, or the buyer's id; empty for money that nobody wanted. */
    askedBy: text('asked_by').notNull().default(''),
    /** Where its pieces went; null: nowhere, the buyer has them or they are lost. */
    returnedTo: text('returned_to').$type<'shelf' | 'offer'>(),
    /** What was asked for with this number; the same number with something else is refused. */
    fingerprint: text('fingerprint').notNull().default(''),
    /** `replaced`: it failed, and another refund's row carries its money. */
    state: text('state')
      .$type<'asked' | 'success' | 'closed' | 'abnormal' | 'replaced'>()
      .notNull()
      .default('asked'),
    /**
     * Where the money went: back to where it came from, or, when the provider could not, into the wallet, or
     * by another way (`by_hand`).
     */
    paidTo: text('paid_to').$type<'source' | 'wallet' | 'by_hand'>(),
    /**
     * The failed refund that this one was issued anew for; and of a `replaced` one, the refund that carries
     * its money.
     */
    reissueOf: text('reissue_of'),
    replacedBy: text('replaced_by'),
    /** When it was first sent to its provider, and since when the provider says that it is at work. */
    sentAt: moment('sent_at'),
    processingSince: moment('processing_since'),
    /** While it is asked: when the jobs makes sure, next, that its workflow runs. */
    dueAt: moment('due_at').notNull().defaultNow(),
    createdAt: moment('created_at').notNull().defaultNow(),
    endedAt: moment('ended_at'),
  },
  (t) => [
    index('refunds_due').on(t.dueAt).where(sql`${t.state} = 'asked'`),
    /** A day's, for its statement. */
    index('refunds_sent').on(t.endedAt).where(sql`${t.state} = 'success'`),
    index('refunds_of_order').on(t.orderId),
    index('refunds_of_attempt').on(t.attempt),
    check('refund_of_money_has_attempt', sql`${t.amountFen} = 0 OR ${t.attempt} IS NOT NULL`),
  ],
)

/** Which pieces of an order a refund is for, and what of their price went back to each source. */
export const refundLines = pgTable(
  'refund_lines',
  {
    refund: text('refund')
      .notNull()
      .references(() => refunds.number),
    line: integer('line').notNull(),
    quantity: integer('quantity').notNull(),
    amountFen: fen('amount_fen').notNull(),
    balanceFen: fen('balance_fen').notNull(),
    pointsFen: fen('points_fen').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.refund, t.line] }),
    check('refund_line_of_pieces', sql`${t.quantity} > 0`),
  ],
)

/** What operators did about refunds that their provider could not make; a repeated key is the same action. */
export const refundActions = pgTable(
  'refund_actions',
  {
    refund: text('refund')
      .notNull()
      .references(() => refunds.number),
    /** The request's Idempotency-Key. */
    key: text('key').notNull(),
    action: text('action').$type<'reissue' | 'paid_by_hand'>().notNull(),
    askedBy: text('asked_by').notNull(),
    note: text('note').notNull(),
    /** The refund that holds the debt, or held it, since. */
    result: text('result').notNull(),
    at: moment('at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.refund, t.key] })],
)
