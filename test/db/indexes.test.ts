import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Db } from '../../db/client.ts'
import { readAttempts, readLog } from '../../db/reads/orders.ts'
import type { Tx } from '../../db/types.ts'
import type { NotificationId, OrderId, RefundNumber, UserId } from '../../domain/ids.ts'
import type { TradeFacts } from '../../providers/provider.ts'
import { forgetBuyer } from '../../services/buyers/forget.ts'
import { takeDueTickets } from '../../services/flash-sales/due-tickets.ts'
import { runningOffers } from '../../services/flash-sales/running-offers.ts'
import { clearProvidersMissing, clearSettled } from '../../services/operations/clear-attention.ts'
import { pruneAttention } from '../../services/operations/prune.ts'
import { purgeOrderNotes } from '../../services/orders/notes.ts'
import { takeOutbox } from '../../services/orders/outbox.ts'
import { overdueOrders } from '../../services/orders/overdue.ts'
import {
  refundStarted,
  takeDueAttempts,
  takeDueNotifications,
  takeDueRefunds,
  unwatchedAttempts,
} from '../../services/payments/due.ts'
import { dropAnswers } from '../../services/payments/forget.ts'
import { resolvePayment } from '../../services/payments/resolve-payment.ts'
import { findMissing } from '../../services/reconciliation/missing.ts'
import { matchPayments } from '../../services/reconciliation/payments.ts'
import { statementsToReconcile } from '../../services/reconciliation/plan.ts'
import { pruneStatements } from '../../services/reconciliation/prune.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

/** The tables that hold a row, or more, for each order ever made: nothing may read one from end to end. */
const large = new Set([
  ...['orders', 'order_lines', 'order_log', 'steps', 'attempts', 'notifications', 'refunds', 'tickets'],
  ...['statement_entries', 'statement_parts', 'attention', 'reconciliation'],
])
/**
 * What a statement lacks is looked for once a day, within five minutes, for all payments of a day: they are
 * found by an index; what they are compared with may be hashed, as one look-up each costs more once they are
 * some percent of the table.
 */
const oncePerDay = 'what a statement lacks'
const hashed = new Set(['attempts', 'statement_entries'])
const rows = 60_000
const first = 1_000_000n

let fresh: FreshDatabase
let db: Db
let asked: string[]
beforeAll(async () => {
  fresh = await freshDatabase()
  const sql = postgres(fresh.url, { max: 1, onnotice: () => {} })
  await sql`SET session_replication_role = replica` // No foreign keys: this is about plans.
  await fill(sql)
  await sql.end()
  db = connect(fresh.url, { max: 1, statementMs: 60_000, debug: (query) => asked.push(query) })
})
afterAll(async () => {
  await db.close()
  await fresh.drop()
})

/**
 * Has the planner believe that each large table has as many times more rows: it multiplies the rows counted
 * on a page by the pages that there are.
 */
async function growTo(orders: number): Promise<void> {
  const grown = await db.sql`
    UPDATE pg_class
    SET reltuples = reltuples * ${orders / rows}
    WHERE relname = ANY(${[...large]}) AND relkind = 'r'`
  expect(grown.count).toBe(large.size)
}

/**
 * A shop of the past: what is due, open or of yesterday is one row in a thousand. Statistics are what the
 * test says, not autovacuum.
 */
async function fill(sql: postgres.Sql): Promise<void> {
  for (const table of large) await sql`ALTER TABLE ${sql(table)} SET (autovacuum_enabled = false)`
  const n = sql`generate_series(0, ${rows - 1}::int) n`
  const at = sql`now() - make_interval(mins => ${rows} - n)`
  const id = sql`${first.toString()}::bigint + n`
  await sql`
    INSERT INTO orders (id, buyer_id, kind, source, status, payment, run_id, fingerprint, goods_fen,
      shipping_fen,
                        coupon_fen, points_fen, balance_fen, due_fen, points, placed_at)
    SELECT ${id}, n / 10, 1, 'web', CASE WHEN n % 1000 = 999 THEN 'awaiting_payment' ELSE 'to_ship' END,
      'online',
           'run', 'f', 0, 0, 0, 0, 0, 0, 0, ${at}
    FROM ${n}`
  await sql`
    INSERT INTO order_log (order_id, to_status, why)
    SELECT ${id}, 'to_ship', 'paid'
    FROM ${n}`
  await sql`
    INSERT INTO attempts (number, order_id, provider, channel, state, amount_fen, currency, description,
      expires_at,
                          calling_until, opened_at, ended_at, next_ask_at, transaction)
    SELECT ${id}, ${id}, 'wechat-v3', 'wechat-v3', CASE WHEN n % 1000 = 999 THEN 'open' ELSE 'paid' END, 1,
      'CNY', 'tea',
           now(), now(), ${at}, CASE WHEN n % 1000 < 999 THEN now() END, CASE WHEN n % 1000 = 999
             THEN ${at} END, 'T' || n
    FROM ${n}`
  await sql`
    INSERT INTO notifications (id, provider, kind, number, state, trade, attempt, amount_fen, currency,
      merchant, app,
                               found, received_at, outcome, due_at)
    SELECT ${id}, 'wechat-v3', 'payment', 'T' || n, 'SUCCESS', '1', ${id}, 1, 'CNY', 'm', 'a', 'callback',
      ${at},
           CASE WHEN n % 1000 < 999 THEN 'paid' END, ${at}
    FROM ${n}`
  await sql`
    INSERT INTO refunds (number, attempt, order_id, cause, amount_fen, state, paid_to, due_at, ended_at)
    SELECT 'late-' || n, ${id}, ${id}, 'late', 1, CASE WHEN n % 1000 = 999 THEN 'asked' ELSE 'success' END,
      'source',
           ${at}, ${at}
    FROM ${n}`
  await sql`
    INSERT INTO tickets (id, session_id, sku_id, buyer_id, address_id, quantity, seq, state, due_at, sync)
    SELECT ${id}, '2026030110', 1, n, 1, 1, n, CASE WHEN n % 1000 = 999 THEN 'waiting' ELSE 'paid' END, ${at},
           CASE WHEN n % 1000 = 998 THEN 'given_back' END
    FROM ${n}`
  await sql`
    INSERT INTO attention (reason, subject, order_id, since, cleared_at)
    SELECT 'order_overdue', ${id}, ${id}, ${at}, CASE WHEN n % 1000 < 999 THEN now() END
    FROM ${n}`
  await sql`
    INSERT INTO statements (provider, kind, date, state)
    SELECT 'wechat-v3', 'trade', to_char(date '2026-03-01' - i, 'YYYY-MM-DD'), 'fetched'
    FROM generate_series(0, 99) i`
  await sql`
    INSERT INTO statement_entries (statement, kind, number)
    SELECT 1 + n / 600, 'payment', 'T' || n
    FROM ${n}`
  await sql`
    INSERT INTO statement_parts (statement, part, content)
    SELECT 1 + n / 600, n, ''
    FROM ${n}`
  await sql`
    INSERT INTO reconciliation (provider, date, difference, subject, cleared_at)
    SELECT 'wechat-v3', '2026-03-01', 'amount', n, CASE WHEN n % 1000 < 999 THEN now() END
    FROM ${n}`
  await sql`
    INSERT INTO offers (session_id, sku_id, warehouse_id, price_fen, quota, preheated_at)
    VALUES ('2026030110', 1, 1, 1, 100, now())`
}

type Plan = { 'Node Type': string; 'Relation Name'?: string; Plans?: Plan[] }
type Explained = { 'QUERY PLAN': { Plan: Plan }[] }
const readsWhole = (plan: Plan): string[] => [
  ...(plan['Node Type'].endsWith('Seq Scan') && large.has(plan['Relation Name'] ?? '')
    ? [plan['Relation Name'] ?? '']
    : []),
  ...(plan.Plans ?? []).flatMap(readsWhole),
]

const day = { provider: 'wechat-v3', date: '2026-03-01' }
const facts = {
  transaction: 'T5',
  attempt: (first + 5n).toString(),
  amount: 1n,
  state: 'SUCCESS',
} as TradeFacts
const statements = { readyFromHour: 10 } as never // A plan asks no provider.
const accounts = { 'wechat-v3': { merchant: 'm', app: 'a' } }
const order = (first + 7n).toString() as OrderId
const ids = { next: () => '1' }
/** In a transaction that leaves nothing behind, so that each finds the same rows. */
const undone = (work: (tx: Tx) => Promise<unknown>) =>
  db.sql
    .begin(async (tx) => {
      await work(tx)
      throw new Error('undone')
    })
    .catch((error) => {
      if (String(error) !== 'Error: undone') throw error
    })
const carts = { clear: async () => {} }

const queries: [string, () => PromiseLike<unknown>][] = [
  ['due notifications', () => takeDueNotifications(db.sql, 50)],
  ['due attempts', () => takeDueAttempts(db.sql, 'wechat-v3', 50)],
  ['attempts of providers that are gone', () => unwatchedAttempts(db.sql, ['alipay'])],
  ['due refunds', () => takeDueRefunds(db.sql, 50)],
  ['a refund that runs', () => refundStarted(db.sql, 'late-5' as RefundNumber)],
  ['due tickets', () => takeDueTickets(db.sql, 50)],
  ['running offers', () => runningOffers(db.sql)],
  ['the outbox', () => takeOutbox(db.sql, 50)],
  ['overdue orders', () => overdueOrders(db.sql, 50)],
  ['settled attention', () => clearSettled(db.sql)],
  ['providers that are back', () => clearProvidersMissing(db.sql)],
  ['notes to purge', () => purgeOrderNotes(db.sql)],
  ['attention to prune', () => pruneAttention(db.sql, 90)],
  [
    'statements to prune',
    () => pruneStatements(db.sql, { statementDays: 90, entryDays: 62, clearedDays: 90 }),
  ],
  ['answers to drop', () => dropAnswers(db.sql, 1000)],
  [
    'statements to plan',
    () =>
      statementsToReconcile(db.sql, { 'wechat-v3': { name: 'wechat-v3', statements } as never }, Date.now()),
  ],
  [
    'payments to match',
    () =>
      undone((tx) =>
        matchPayments(
          tx,
          { ...day, ids, statement: 1n, siblings: ['wechat-v3'], account: { merchant: 'm', app: 'a' } },
          [facts],
        ),
      ),
  ],
  [oncePerDay, () => undone((tx) => findMissing(tx, day, 1n))],
  ['a payment to resolve', () => resolvePayment(db.sql, accounts, (first + 5n).toString() as NotificationId)],
  ['an order’s log', () => readLog(db.sql, order)],
  ['an order’s attempts', () => readAttempts(db.sql, order)],
  [
    'a buyer to forget',
    () => forgetBuyer({ sql: db.sql, carts }, { buyer: '7' as UserId, addressDays: 1095, maxTokenLifeS: 60 }),
  ],
]

describe.each([
  ['before the first ANALYZE', () => db.sql`INSERT INTO users (id) VALUES (7)`],
  ['with statistics', () => db.sql`ANALYZE`],
  // In order: these are the statistics of before, times so many.
  ['with the statistics of ten million rows', () => growTo(10_000_000)],
] as const)('%s', (_, prepare) => {
  beforeAll(async () => {
    asked = []
    await prepare()
  })

  it.each(queries)('reads no large table from end to end: %s', async (about, query) => {
    asked = []
    await query()
    const statements = asked.filter((text) => /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/i.test(text))
    expect(statements).not.toEqual([])
    for (const text of statements) {
      const explained = await db.sql.unsafe<Explained[]>(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`)
      const plans = explained.flatMap((row) => row['QUERY PLAN'].map(({ Plan }) => Plan))
      const whole = plans.flatMap(readsWhole)
      expect(about === oncePerDay ? whole.filter((table) => !hashed.has(table)) : whole, text).toEqual([])
    }
  })
})
