import { expect } from 'vitest'
import { audit } from '../../db/audit/audit.ts'
import type { Sql } from '../../db/types.ts'
import type { OrderId } from '../../domain/ids.ts'
import type { OrderStatus } from '../../domain/order.ts'

/** Everything that shelves and people have: to be compared before and after. */
export async function holdings(sql: Sql) {
  return {
    stock: await sql`SELECT sku_id, warehouse_id, on_hand, reserved FROM stock ORDER BY 1, 2`,
    sales: await sql`SELECT id, sales FROM skus ORDER BY id`,
    coupons: await sql`SELECT id, state, order_id FROM user_coupons ORDER BY id`,
    wallets: await sql`SELECT user_id, balance_fen FROM wallets ORDER BY 1`,
    loyalty: await sql`SELECT user_id, points, growth FROM loyalty ORDER BY 1`,
  }
}

/** Every ledger's sum is its row, every order holds what its status says, every captured fen is somewhere. */
export async function expectBooksToAddUp(sql: Sql): Promise<void> {
  const { findings } = await audit(sql)
  expect(findings.filter(({ holds }) => !holds)).toEqual([])
}

/** What an order has moved, in words: `stock reserved`, `wallet order`, … */
export async function movementsOf(sql: Sql, order: OrderId): Promise<string[]> {
  const rows = await sql<{ what: string }[]>`
    SELECT 'stock ' || kind AS what FROM stock_movements WHERE order_id = ${order}
    UNION ALL SELECT 'coupon ' || kind FROM coupon_movements WHERE order_id = ${order}
    UNION ALL SELECT 'wallet ' || kind FROM wallet_movements WHERE order_id = ${order}
    UNION ALL SELECT 'points ' || kind FROM points_movements WHERE order_id = ${order}
    UNION ALL SELECT 'growth ' || kind FROM growth_movements WHERE order_id = ${order}`
  return rows.map(({ what }) => what).sort()
}

type OrderRow = {
  status: OrderStatus
  payState: string
  refusal: unknown
  closedWhy: string | null
  paidAt: Date | null
  due: bigint
}

export async function orderRow(sql: Sql, order: OrderId): Promise<OrderRow> {
  const [row] = await sql<OrderRow[]>`
    SELECT status, pay_state AS "payState", refusal, closed_why AS "closedWhy", paid_at AS "paidAt",
      due_fen AS due
    FROM orders
    WHERE id = ${order}`
  if (!row) throw new Error(`order ${order} has no row`)
  return row
}

/** The steps of an order as they are recorded. */
export async function stepsOf(sql: Sql, order: OrderId): Promise<Record<string, string>> {
  const rows = await sql<
    { step: string; state: string }[]
  >`SELECT step, state FROM steps WHERE order_id = ${order}`
  return Object.fromEntries(rows.map(({ step, state }) => [step, state]))
}
