import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core'
import { bytea, id, moment } from './columns.ts'

/**
 * A provider's statement of a day, kept as it came, in pieces (`statement_parts`). `fetched → matched`;
 * `none`: there was no trade.
 */
export const statements = pgTable(
  'statements',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    provider: text('provider').notNull(),
    kind: text('kind').$type<'trade' | 'fund_flow'>().notNull(),
    date: text('date').notNull(),
    state: text('state').$type<'fetching' | 'fetched' | 'matched' | 'none'>().notNull(),
    /** Which fetch writes the parts: an earlier one that wakes up again writes none. */
    fetches: integer('fetches').notNull().default(0),
    /** While it lives, nobody else fetches. */
    leasedUntil: moment('leased_until'),
    /** SHA-256 of the raw text, hexadecimal. */
    digest: text('digest'),
    bytes: bigint('bytes', { mode: 'bigint' }).notNull().default(sql`0`),
    /** How many rows have been matched; matching goes on after them. */
    rows: integer('rows').notNull().default(0),
    repaired: integer('repaired').notNull().default(0),
    different: integer('different').notNull().default(0),
    fetchedAt: moment('fetched_at'),
    matchedAt: moment('matched_at'),
  },
  (t) => [unique('statement_once').on(t.provider, t.kind, t.date)],
)

export const statementParts = pgTable(
  'statement_parts',
  {
    statement: bigint('statement', { mode: 'bigint' })
      .notNull()
      .references(() => statements.id, { onDelete: 'cascade' }),
    part: integer('part').notNull(),
    /** Compressed with gzip. */
    content: bytea('content').notNull(),
  },
  (t) => [primaryKey({ columns: [t.statement, t.part] })],
)

/**
 * What a statement lists: the provider's transactions, and our numbers of refunds; what is missing in it is
 * found by these.
 */
export const statementEntries = pgTable(
  'statement_entries',
  {
    /** No reference: it would be checked for each of a million rows. */
    statement: bigint('statement', { mode: 'bigint' }).notNull(),
    kind: text('kind').$type<'payment' | 'refund'>().notNull(),
    number: text('number').notNull(),
  },
  (t) => [primaryKey({ columns: [t.statement, t.kind, t.number] })],
)

/**
 * `unknown_trade`, `unknown_refund`: there, and none of ours. `amount`, `refund_amount`: not the same.
 * `refund_failed_there`: back by our rows alone. `refund_paid_twice`: back there, and in the buyer's wallet.
 * `missing_there`, `refund_missing_there`: ours, and in no statement that could hold it.
 */
export type Difference =
  | 'unknown_trade'
  | 'unknown_refund'
  | 'amount'
  | 'refund_amount'
  | 'refund_failed_there'
  | 'refund_paid_twice'
  | 'missing_there'
  | 'refund_missing_there'

/** What a statement and our rows do not agree about, once a thing; cleared when somebody has seen to it. */
export const reconciliation = pgTable(
  'reconciliation',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    provider: text('provider').notNull(),
    date: text('date').notNull(),
    difference: text('difference').$type<Difference>().notNull(),
    /** The provider's transaction, or our refund's number. */
    subject: text('subject').notNull(),
    orderId: id('order_id'),
    details: jsonb('details').$type<Record<string, string>>().notNull().default({}),
    foundAt: moment('found_at').notNull().defaultNow(),
    clearedAt: moment('cleared_at'),
  },
  (t) => [
    unique('difference_once').on(t.provider, t.date, t.difference, t.subject),
    index('differences_cleared').on(t.clearedAt).where(sql`${t.clearedAt} IS NOT NULL`),
  ],
)
