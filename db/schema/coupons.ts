import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, pgTable, text, unique } from 'drizzle-orm/pg-core'
import { fen, id, moment } from './columns.ts'
import { users } from './people.ts'

/**
 * What a coupon does: `amount_off` (amount_fen), `percent_off` (percent, at most cap_fen), `free_shipping`.
 */
export const coupons = pgTable(
  'coupons',
  {
    id: id('id').primaryKey(),
    name: text('name').notNull(),
    kind: text('kind').$type<'amount_off' | 'percent_off' | 'free_shipping'>().notNull(),
    amountFen: fen('amount_fen'),
    percent: integer('percent'),
    capFen: fen('cap_fen'),
    /** Goods of the scope must reach this. */
    minimumFen: fen('minimum_fen').notNull().default(sql`0`),
    validFrom: moment('valid_from').notNull(),
    validUntil: moment('valid_until').notNull(),
    /** The SKUs it is for; null: all. */
    scope: id('scope').array(),
  },
  (t) => [
    check(
      'coupon_says_what_it_does',
      sql`
        (${t.kind} = 'amount_off' AND ${t.amountFen} > 0)
          OR (${t.kind} = 'percent_off' AND ${t.percent} BETWEEN 1 AND 100)
          OR ${t.kind} = 'free_shipping'`,
    ),
  ],
)

/** A coupon that a buyer holds: `unused → locked → used`, or back. */
export const userCoupons = pgTable(
  'user_coupons',
  {
    id: id('id').primaryKey(),
    couponId: id('coupon_id')
      .notNull()
      .references(() => coupons.id),
    userId: id('user_id')
      .notNull()
      .references(() => users.id),
    state: text('state').$type<'unused' | 'locked' | 'used'>().notNull().default('unused'),
    orderId: id('order_id'),
  },
  (t) => [
    index('coupons_of_user').on(t.userId),
    check('coupon_held_by_an_order', sql`(${t.state} = 'unused') = (${t.orderId} IS NULL)`),
  ],
)

/** Kinds: `locked`, `unlocked`, `used`. A coupon's state is its newest movement's. */
export const couponMovements = pgTable(
  'coupon_movements',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    userCouponId: id('user_coupon_id')
      .notNull()
      .references(() => userCoupons.id),
    orderId: id('order_id').notNull(),
    kind: text('kind').notNull(),
    at: moment('at').notNull().defaultNow(),
  },
  (t) => [unique('coupon_movement_once').on(t.orderId, t.userCouponId, t.kind)],
)
