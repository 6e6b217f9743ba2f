import type { Check, Finding } from './audit/check.ts'
import { run } from './audit/check.ts'
import { goodsChecks } from './audit/goods.ts'
import { moneyChecks } from './audit/money.ts'
import { orderChecks } from './audit/orders.ts'
import { paymentChecks } from './audit/payments.ts'
import { seckillChecks } from './audit/seckill.ts'
import type { Sql } from './client.ts'

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

/** All promises, in the order in which they are told. */
export const checks: readonly Check[] = [
  ...goodsChecks,
  ...moneyChecks,
  ...orderChecks,
  ...paymentChecks,
  ...seckillChecks,
]

/** Adds the whole database up, in one read-only snapshot, while business goes on. Changes nothing. */
export function audit(sql: Sql): Promise<AuditReport> {
  return sql.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', async (tx) => {
    const findings: Finding[] = []
    for (const check of checks) findings.push(await run(tx, check))
    const attention = await tx<OpenAttention[]>`
      SELECT reason, subject, order_id::text AS "orderId", since, details FROM attention WHERE cleared_at IS NULL ORDER BY since`
    return { holds: findings.every(({ holds }) => holds), findings, attention: [...attention] }
  })
}
