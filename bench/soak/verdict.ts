import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { audit, type OpenAttention } from '../../db/audit/audit.ts'
import { failures } from '../../db/audit/report.ts'
import type { Sql } from '../../db/types.ts'
import { auditSandbox } from '../../demo/verdict.ts'
import type { Ledger } from '../../sandbox/client.ts'
import type { Promises } from './promises.ts'

/** What is still on its way, by kind: nothing, once all is quiet. */
async function unfinished(sql: Sql, client: Client): Promise<Record<string, number>> {
  const rows = await sql<{ what: string; n: number }[]>`
    SELECT 'orders' AS what, count(*)::int AS n
    FROM orders
    WHERE status IN ('placing', 'awaiting_payment', 'closing')
    UNION ALL
    SELECT 'attempts', count(*)::int FROM attempts WHERE state IN ('opening', 'open')
    UNION ALL
    SELECT 'notifications', count(*)::int FROM notifications WHERE outcome IS NULL
    UNION ALL
    SELECT 'refunds', count(*)::int FROM refunds WHERE state = 'asked'
    UNION ALL
    SELECT 'tickets', count(*)::int FROM tickets WHERE state = 'waiting' OR sync IS NOT NULL
    UNION ALL
    SELECT 'sessions', count(*)::int FROM sessions WHERE phase <> 'ended'
    UNION ALL
    SELECT 'outbox', count(*)::int FROM outbox`
  const types = "WorkflowType IN ('order', 'refund', 'session')"
  const { count: running } = await client.workflow.count(`${types} AND ExecutionStatus = 'Running'`)
  const left = [...rows, { what: 'workflows', n: running }].filter(({ n }) => n > 0)
  return Object.fromEntries(left.map(({ what, n }) => [what, n]))
}

/** Waits until nothing is on its way; answers what is left when `withinMs` is over. */
export async function becomesQuiet(
  sql: Sql,
  client: Client,
  withinMs: number,
): Promise<Record<string, number>> {
  let left: Record<string, number> = { unknown: 1 }
  for (const until = Date.now() + withinMs; Date.now() < until; await pause(1000)) {
    left = await unfinished(sql, client).catch(() => ({ 'servers away': 1 }))
    if (Object.keys(left).length === 0) return left
  }
  return left
}

/**
 * Attention that names what was really done to the machinery, and that only a human can clear: a queue of
 * Redis was lost with it.
 */
const trueTrouble = (faults: Readonly<Record<string, number>>): ReadonlySet<string> =>
  new Set(faults['Redis flushed'] || faults['Redis restarted'] ? ['gate_queue_lost'] : [])

export type Books = { differences: string[]; attention: OpenAttention[]; trades: number }
type BooksDeps = {
  sql: Sql
  client: Client
  ledger: Ledger
  promises: Promises
  faults: Readonly<Record<string, number>>
  since: Date
}

/** All that does not add up: the audit, the providers' books, what was answered, attention, workflows. */
export async function compareBooks({
  sql,
  client,
  ledger,
  promises,
  faults,
  since,
}: BooksDeps): Promise<Books> {
  const { holds, findings, attention } = await audit(sql)
  const provider = await auditSandbox(sql, ledger, since)
  const expected = trueTrouble(faults)
  const ended = "ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut', 'Canceled')"
  const broken = await client.workflow.count(ended)
  return {
    attention,
    trades: ledger.trades.length,
    differences: [
      ...(holds ? [] : [`audit:\n${failures(findings)}`]),
      ...(provider.holds ? [] : [`${provider.promise}: ${provider.figures}`, ...provider.wrong]),
      ...(await promises.broken(sql, ledger)),
      ...attention
        .filter(({ reason }) => !expected.has(reason))
        .map(({ reason, subject }) => `attention is open that nothing explains: ${reason} ${subject}`),
      ...(broken.count === 0 ? [] : [`${broken.count} workflow(s) have failed`]),
    ],
  }
}
