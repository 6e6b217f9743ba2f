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
} from 'drizzle-orm/pg-core'
import { fen, id, moment } from './columns.ts'

export const products = pgTable('products', {
  id: id('id').primaryKey(),
  name: text('name').notNull(),
  category: text('category').notNull().default(''),
  createdAt: moment('created_at').notNull().defaultNow(),
})

export const skus = pgTable(
  'skus',
  {
    id: id('id').primaryKey(),
    productId: id('product_id')
      .notNull()
      .references(() => products.id),
    name: text('name').notNull(),
    image: text('image').notNull().default(''),
    attributes: jsonb('attributes').$type<Record<string, string>>().notNull().default({}),
    priceFen: fen('price_fen').notNull(),
    onSale: boolean('on_sale').notNull().default(true),
    /** Pieces sold: counted when an order is paid (or placed, with cash on delivery). */
    sales: bigint('sales', { mode: 'bigint' }).notNull().default(sql`0`),
  },
  (t) => [index('skus_of_product').on(t.productId), check('price_not_negative', sql`${t.priceFen} >= 0`)],
)

export const warehouses = pgTable('warehouses', {
  id: integer('id').primaryKey(),
  name: text('name').notNull(),
  /** Smaller first, where more than one warehouse can serve an order. */
  priority: integer('priority').notNull(),
})

/** What lies on a warehouse's shelf (`on_hand`) and how much of it orders hold (`reserved`). */
export const stock = pgTable(
  'stock',
  {
    skuId: id('sku_id')
      .notNull()
      .references(() => skus.id),
    warehouseId: integer('warehouse_id')
      .notNull()
      .references(() => warehouses.id),
    onHand: integer('on_hand').notNull(),
    reserved: integer('reserved').notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.skuId, t.warehouseId] }),
    check('never_oversold', sql`0 <= ${t.reserved} AND ${t.reserved} <= ${t.onHand}`),
  ],
)

/**
 * Kinds: `received`, `reserved`, `released`, `deducted`, `refunded`; of a flash sale's session `offered` and
 * `returned`. The row of `stock` is the sum of its movements.
 */
export const stockMovements = pgTable(
  'stock_movements',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    skuId: id('sku_id').notNull(),
    warehouseId: integer('warehouse_id').notNull(),
    kind: text('kind').notNull(),
    onHand: integer('on_hand').notNull(),
    reserved: integer('reserved').notNull(),
    orderId: id('order_id'),
    /** Whose offer the pieces went to, or came back from. */
    sessionId: text('session_id'),
    /** By which refund pieces came back. */
    refund: text('refund').notNull().default(''),
    at: moment('at').notNull().defaultNow(),
  },
  (t) => [
    index('stock_movements_of_session').on(t.sessionId).where(sql`${t.sessionId} IS NOT NULL`),
    unique('stock_movement_once').on(t.orderId, t.skuId, t.warehouseId, t.kind, t.refund),
  ],
)

/** What shipping to a province costs; the province `*` stands for every one that has no row of its own. */
export const shippingRates = pgTable('shipping_rates', {
  province: text('province').primaryKey(),
  feeFen: fen('fee_fen').notNull(),
  /** Goods (after the coupon) from this amount on ship free; null: never. */
  freeFromFen: fen('free_from_fen'),
})
