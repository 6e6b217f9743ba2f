import type { Sql } from '../types.ts'
import type { Check, Finding } from './check.ts'
import { run } from './check.ts'
import { goodsChecks } from './goods.ts'
import { moneyChecks } from './money.ts'
import { orderChecks } from './orders.ts'
import { paymentChecks } from './payments.ts'
import { refundChecks } from './refunds.ts'
import { seckillChecks } from './seckill.ts'

/** Something that waits for a human. */
export type OpenAttention = {
  reason: string
  subject: string
  orderId: string | null
  since: Date
  details: Record<string, string>
}

/** `holds`: everything adds up. Open attention does not change that: it is work, not a contradiction. */
export type AuditReport = { holds: boolean; findings: Finding[]; attention: OpenAttention[] }

/** All promises, in the order in which they are reported. */
export const checks: readonly Check[] = [
  ...goodsChecks,
  ...moneyChecks,
  ...orderChecks,
  ...paymentChecks,
  ...refundChecks,
  ...seckillChecks,
]

/**
 * Checks every promise over the whole database, in one read-only snapshot, while orders go on. Changes
 * nothing.
 */
export function audit(sql: Sql): Promise<AuditReport> {
  return sql.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', async (tx) => {
    // A check reads whole tables: it takes longer than a statement of the business may.
    await tx`SET LOCAL statement_timeout = '300s'`
    const findings: Finding[] = []
    for (const check of checks) findings.push(await run(tx, check))
    const attention = await tx<OpenAttention[]>`
      SELECT reason, subject, order_id::text AS "orderId", since, details
      FROM attention
      WHERE cleared_at IS NULL
      ORDER BY since`
    return { holds: findings.every(({ holds }) => holds), findings, attention: [...attention] }
  })
}
