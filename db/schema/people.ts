import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { fen, id, moment } from './columns.ts'

/**
 * Buyers as far as orders need to know them; who they are comes from the shop's own sign-in (the token's
 * subject).
 */
export const users = pgTable(
  'users',
  {
    id: id('id').primaryKey(),
    blocked: boolean('blocked').notNull().default(false),
    createdAt: moment('created_at').notNull().defaultNow(),
    /** Set when the buyer was forgotten: when the next part may go that the law wants kept until then. */
    forgetAgainAt: moment('forget_again_at'),
  },
  (t) => [
    index('users_to_forget').on(t.forgetAgainAt).where(sql`${t.forgetAgainAt} IS NOT NULL`),
    index('users_blocked').on(t.id).where(sql`${t.blocked}`),
  ],
)

/** Whose subject is which user: one row a sign-in's subject that is not itself one of our ids. */
export const identities = pgTable(
  'identities',
  {
    issuer: text('issuer').notNull(),
    subject: text('subject').notNull(),
    userId: id('user_id')
      .notNull()
      .unique()
      .references(() => users.id),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.issuer, t.subject] })],
)

/**
 * Tokens that are good no longer: one by its `jti`, or all (of a user, or of everybody) that were issued
 * before a moment.
 */
export const tokenWithdrawals = pgTable(
  'token_withdrawals',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    jti: text('jti'),
    userId: id('user_id'),
    before: moment('before'),
    madeAt: moment('made_at').notNull().defaultNow(),
    /** No token lives longer than this: the row says nothing any more. */
    endsAt: moment('ends_at').notNull(),
  },
  (t) => [check('jti_or_before', sql`(${t.jti} IS NULL) <> (${t.before} IS NULL)`)],
)

/** Delivery addresses. Orders keep a copy, so a changed or removed address changes no order. */
export const addresses = pgTable(
  'addresses',
  {
    id: id('id').primaryKey(),
    userId: id('user_id')
      .notNull()
      .references(() => users.id),
    name: text('name').notNull(),
    phone: text('phone').notNull(),
    province: text('province').notNull(),
    city: text('city').notNull(),
    district: text('district').notNull(),
    street: text('street').notNull(),
    postCode: text('post_code').notNull().default(''),
    label: text('label').notNull().default(''),
    isDefault: boolean('is_default').notNull().default(false),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (t) => [
    index('addresses_of_user').on(t.userId),
    uniqueIndex('one_default_address').on(t.userId).where(sql`${t.isDefault}`),
  ],
)

/** What the shop owes a buyer in money. The row is the sum of its movements. */
export const wallets = pgTable(
  'wallets',
  {
    userId: id('user_id')
      .primaryKey()
      .references(() => users.id),
    balanceFen: fen('balance_fen').notNull().default(sql`0`),
  },
  (t) => [check('wallet_not_negative', sql`${t.balanceFen} >= 0`)],
)

/**
 * Kinds: `top_up`, `order` (part-payment when placing), `order_undone`, `payment` (the channel `balance`);
 * `refund` (of money that came by the channel `balance`), `refund_instead` (of money that a provider could
 * not send back) and `order_refund` (of the part-payment).
 */
export const walletMovements = pgTable(
  'wallet_movements',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    userId: id('user_id')
      .notNull()
      .references(() => wallets.userId),
    kind: text('kind').notNull(),
    amountFen: fen('amount_fen').notNull(),
    orderId: id('order_id'),
    refund: text('refund').notNull().default(''),
    at: moment('at').notNull().defaultNow(),
  },
  (t) => [
    index('wallet_movements_of_user').on(t.userId),
    unique('wallet_movement_once').on(t.orderId, t.kind, t.refund),
  ],
)

/**
 * Points (spendable, 100 = 1 yuan) and growth (level). The row is the sum of its movements. Points below zero
 * are a debt: those that were spent before the order that had earned them was refunded.
 */
export const loyalty = pgTable('loyalty', {
  userId: id('user_id')
    .primaryKey()
    .references(() => users.id),
  points: bigint('points', { mode: 'bigint' }).notNull().default(sql`0`),
  growth: bigint('growth', { mode: 'bigint' }).notNull().default(sql`0`),
})

const earned = (name: string) =>
  ({
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    userId: id('user_id')
      .notNull()
      .references(() => loyalty.userId),
    kind: text('kind').notNull(),
    amount: bigint(name, { mode: 'bigint' }).notNull(),
    orderId: id('order_id'),
    refund: text('refund').notNull().default(''),
    at: moment('at').notNull().defaultNow(),
  }) as const

/**
 * Kinds: `gift`, `order` (spent when placing), `order_undone`, `earned`, `refund` (spent ones given back),
 * `unearned` (what refunded money had earned).
 */
export const pointsMovements = pgTable('points_movements', earned('points'), (t) => [
  index('points_movements_of_user').on(t.userId),
  unique('points_movement_once').on(t.orderId, t.kind, t.refund),
])

/** Kinds: `gift`, `earned`, `unearned`. */
export const growthMovements = pgTable('growth_movements', earned('growth'), (t) => [
  index('growth_movements_of_user').on(t.userId),
  unique('growth_movement_once').on(t.orderId, t.kind, t.refund),
])
