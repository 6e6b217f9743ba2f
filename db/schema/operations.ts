import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { id, moment } from './columns.ts'

/** Asks a human to act: why, about what, since when. One open row a reason and subject. */
export const attention = pgTable(
  'attention',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    reason: text('reason').notNull(),
    /** What it is about: an order's id, a refund's number, a transaction. */
    subject: text('subject').notNull(),
    orderId: id('order_id'),
    details: jsonb('details').$type<Record<string, string>>().notNull().default({}),
    since: moment('since').notNull().defaultNow(),
    clearedAt: moment('cleared_at'),
  },
  (t) => [
    uniqueIndex('one_open_attention').on(t.reason, t.subject).where(sql`${t.clearedAt} IS NULL`),
    index('attention_cleared').on(t.clearedAt).where(sql`${t.clearedAt} IS NOT NULL`),
  ],
)

/** What has to be delivered to another system after a commit; the jobs process sends it until it is taken. */
export const outbox = pgTable(
  'outbox',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    topic: text('topic').$type<'cart_bought'>().notNull(),
    key: text('key').notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    dueAt: moment('due_at').notNull().defaultNow(),
    tried: integer('tried').notNull().default(0),
  },
  (t) => [index('outbox_due').on(t.dueAt)],
)

/** When the books were audited, and of each check how many rows did not add up. */
export const audits = pgTable(
  'audits',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    startedAt: moment('started_at').notNull().defaultNow(),
    /** Null: it is under way, or was broken off. */
    endedAt: moment('ended_at'),
    differences: jsonb('differences').$type<Record<string, number>>().notNull().default({}),
  },
  (t) => [index('audits_ended').on(t.id).where(sql`${t.endedAt} IS NOT NULL`)],
)

/** What operators have switched for every process of the shop; without a row it is on. */
export const switches = pgTable('switches', {
  name: text('name').$type<'event_streams'>().primaryKey(),
  isOn: boolean('is_on').notNull(),
  changedAt: moment('changed_at').notNull().defaultNow(),
})

/** Leases the worker number of a process's snowflakes. */
export const snowflakeWorkers = pgTable('snowflake_workers', {
  worker: smallint('worker').primaryKey(),
  holder: text('holder').notNull(),
  leasedUntil: moment('leased_until').notNull(),
})
