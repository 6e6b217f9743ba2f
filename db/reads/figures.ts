import type { SessionId, SkuId } from '../../domain/ids.ts'
import type { Sql } from '../types.ts'

type Value = { labels: Record<string, string>; value: number }
type Row = { figure: string; label: string | null; value: number }

/** What each figure is labelled by. */
const labelOf: Record<string, string> = {
  orders_open: 'status',
  due_oldest_seconds: 'list',
  attention_open: 'reason',
  audit_differences: 'check',
}

/**
 * What waits in PostgreSQL, for the figures of the jobs process. Every count is of a partial index's rows, so
 * that it costs what waits and not what was: orders that are not paid yet, rows that are due, what asks for a
 * human.
 */
export async function shopFigures(sql: Sql): Promise<Record<string, Value[]>> {
  const rows = await sql<Row[]>`
    SELECT 'orders_open' AS figure, status AS label, count(*)::float8 AS value
    FROM orders
    WHERE status IN ('placing', 'awaiting_payment', 'closing')
    GROUP BY status
    UNION ALL
    SELECT 'due_oldest_seconds', 'notifications', EXTRACT(epoch FROM now() - min(due_at))::float8
    FROM notifications
    WHERE outcome IS NULL
    UNION ALL
    SELECT 'due_oldest_seconds', 'attempts', EXTRACT(epoch FROM now() - min(next_ask_at))::float8
    FROM attempts
    WHERE next_ask_at IS NOT NULL
    UNION ALL
    SELECT 'due_oldest_seconds', 'refunds', EXTRACT(epoch FROM now() - min(due_at))::float8
    FROM refunds
    WHERE state = 'asked'
    UNION ALL
    SELECT 'due_oldest_seconds', 'outbox', EXTRACT(epoch FROM now() - min(due_at))::float8
    FROM outbox
    UNION ALL
    SELECT 'due_oldest_seconds', 'tickets', EXTRACT(epoch FROM now() - min(due_at))::float8
    FROM tickets
    WHERE state = 'waiting'
    UNION ALL
    SELECT 'due_oldest_seconds', 'gate_sync', EXTRACT(epoch FROM now() - min(sync_at))::float8
    FROM tickets
    WHERE sync IS NOT NULL
    UNION ALL
    SELECT 'tickets_unstarted', NULL, count(*)::float8
    FROM tickets
    WHERE state = 'waiting'
    UNION ALL
    SELECT 'attention_open', reason, count(*)::float8
    FROM attention
    WHERE cleared_at IS NULL
    GROUP BY reason
    UNION ALL
    SELECT 'reconciliation_open', NULL, count(*)::float8
    FROM reconciliation
    WHERE cleared_at IS NULL
    UNION ALL
    SELECT 'audit_age_seconds', NULL, EXTRACT(epoch FROM now() - ended_at)::float8
    FROM audits
    WHERE id = (SELECT max(id) FROM audits WHERE ended_at IS NOT NULL)
    UNION ALL
    SELECT 'audit_differences', checked.name, checked.wrongs::float8
    FROM audits
    CROSS JOIN LATERAL jsonb_each_text(differences) AS checked (name, wrongs)
    WHERE id = (SELECT max(id) FROM audits WHERE ended_at IS NOT NULL)`
  const figures: Record<string, Value[]> = {}
  for (const { figure, label, value } of rows) {
    const name = labelOf[figure]
    const labels: Record<string, string> = name && label ? { [name]: label } : {}
    figures[figure] = [...(figures[figure] ?? []), { labels, value: Math.max(0, value ?? 0) }]
  }
  return figures
}

type OfferFigures = { session: SessionId; sku: SkuId; granted: number; epoch: number }

/** Every offer on sale, as PostgreSQL counts it. */
export const offerFigures = (sql: Sql) => sql<OfferFigures[]>`
  SELECT session_id AS session, sku_id::text AS sku, granted, epoch
  FROM offers
  WHERE preheated_at IS NOT NULL
    AND NOT ended`
